/* The command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../launch/launch.h"
#include "probe.h"

enum { LAST_PORT = 65535, LONGEST_MILLISECONDS = 86400000, DEFAULT_MILLISECONDS = 750 };

static _Noreturn void usage(void)
{
    fail(EXIT_USAGE, "usage: probe --port PORT [--path PATH] [--header \"NAME: VALUE\"]... [--timeout-ms MILLISECONDS] "
         "--debugger PORT | probe version");
}

/* Nothing in it may end the line it stands in. */
static const char *path(const char *option, const char *value)
{
    if (value[0] != '/')
        refuse_option(option, value, "write a path that begins with /");
    for (const char *at = value; *at != '\0'; at++)
        if (*at <= ' ' || *at > '~')
            refuse_option(option, value, "write what is no printable ASCII, and blanks, as %XX");
    return value;
}

static const char *header(const char *option, const char *value)
{
    size_t name = strcspn(value, ": \t");

    if (name == 0 || value[name] != ':')
        refuse_option(option, value, "write NAME: VALUE");
    for (const char *at = value; *at != '\0'; at++)
        if (((unsigned char)*at < ' ' && *at != '\t') || *at == 0x7f)
            refuse_option(option, value, "no control character may stand in it");
    return value;
}

static void add_header(struct question *question, const char *option, const char *value)
{
    if (question->size == MOST_HEADERS)
        refuse_option(option, value, "too many headers");
    question->headers[question->size++] = header(option, value);
}

/* Returns whether `option` is one of those that there are, and was not given before. */
static bool set(struct question *question, unsigned *debugger, const char *option, const char *value)
{
    if (strcmp(option, "--port") == 0 && question->port == 0)
        question->port = option_number(option, value, 1, LAST_PORT);
    else if (strcmp(option, "--path") == 0 && question->path == NULL)
        question->path = path(option, value);
    else if (strcmp(option, "--header") == 0)
        add_header(question, option, value);
    else if (strcmp(option, "--timeout-ms") == 0 && question->milliseconds == 0)
        question->milliseconds = option_number(option, value, 1, LONGEST_MILLISECONDS);
    else if (strcmp(option, "--debugger") == 0 && *debugger == 0)
        *debugger = option_number(option, value, 1, LAST_PORT);
    else
        return false;
    return true;
}

/* Nobody asks a program that may be held: nothing is waited for, and no connection piles up there. One may come meanwhile. */
static int judge(const struct question *question, unsigned debugger)
{
    char unanswered[REASON_SIZE], undebugged[REASON_SIZE];

    if (is_debugged(debugger, undebugged) || answers(question, unanswered) || is_debugged(debugger, undebugged))
        return EXIT_SUCCESS;
    say("port %u does not answer as it should: %s; and %s", question->port, unanswered, undebugged);
    return EXIT_FAILURE;
}

int main(int argc, char *argv[])
{
    struct question question = {0};
    unsigned debugger = 0;

    /* What it says is the kubelet's to pass on. */
    leave_message();
    if (argc == 2 && strcmp(argv[1], "version") == 0)
        return puts(VERSION) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    for (char **word = argv + 1; *word != NULL; word += 2)
        if (word[1] == NULL || !set(&question, &debugger, word[0], word[1]))
            usage();
    if (question.port == 0 || debugger == 0)
        usage();
    if (question.path == NULL)
        question.path = "/";
    if (question.milliseconds == 0)
        question.milliseconds = DEFAULT_MILLISECONDS;
    return judge(&question, debugger);
}
