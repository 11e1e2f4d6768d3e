/* Remote debugging of a Java program: its JVM learns of it by a variable that the main program alone gets. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launch.h"

static char *variable; /* NULL: it gets what everybody gets */

static bool mention(char *const words[])
{
    for (; *words != NULL; words++)
        if (strcasestr(*words, "jdwp") != NULL || strcasestr(*words, "jpda") != NULL)
            return true;
    return false;
}

void debug_java(unsigned port, char *const argv[])
{
    const char *before = getenv("JAVA_TOOL_OPTIONS");

    if (port == 0)
        return;
    /* A JVM that is told twice ends at once. JPDA is what Tomcat's scripts call it. */
    if (mention(argv) || mention(environ)) {
        say("the program's arguments or environment mention JDWP: its JVM is told nothing of port %u", port);
        return;
    }
    if (asprintf(&variable, "JAVA_TOOL_OPTIONS=%s%s-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=127.0.0.1:%u",
                 before ? before : "", before && *before ? " " : "", port) < 0)
        fail(EXIT_SYSTEM, "cannot compose JAVA_TOOL_OPTIONS: %s", strerror(errno));
}

void set_java(void)
{
    if (variable != NULL && putenv(variable) != 0)
        fail(EXIT_SYSTEM, "cannot set JAVA_TOOL_OPTIONS: %s", strerror(errno));
}
