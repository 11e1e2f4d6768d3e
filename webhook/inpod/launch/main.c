/* The command line. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "launch.h"

static _Noreturn void usage(void)
{
    fail(EXIT_USAGE, "usage: launch [exec] -- PROGRAM [ARGUMENT]... | launch install DIRECTORY | launch version");
}

static int print_version(void)
{
    static const char line[] = VERSION "\n";

    if (write(STDOUT_FILENO, line, sizeof line - 1) != (ssize_t)sizeof line - 1)
        fail(EXIT_SYSTEM, "cannot write the version: %s", strerror(errno));
    return 0;
}

int main(int argc, char *argv[])
{
    const char *verb = argc > 1 ? argv[1] : "";

    if (strcmp(verb, "--") == 0 && argc > 2)
        return supervise(argv + 2);
    if (strcmp(verb, "exec") == 0 && argc > 3 && strcmp(argv[2], "--") == 0)
        become(argv + 3);
    if (strcmp(verb, "install") == 0 && argc == 3)
        return install(argv[2]);
    if (strcmp(verb, "version") == 0 && argc == 2)
        return print_version();
    usage();
}
