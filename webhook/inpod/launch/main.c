/* The command line. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "launch.h"

static _Noreturn void usage(void)
{
    fail(EXIT_USAGE, "usage: launch [exec] [--by-architecture NAME=COUNT[,NAME=COUNT]...] -- PROGRAM [ARGUMENT]... | "
         "launch install DIRECTORY | launch version");
}

/* Returns the argv that `words`, what follows the verb, ask for. */
static char **program(char **words)
{
    const char *list = NULL;

    if (words[0] != NULL && strcmp(words[0], "--by-architecture") == 0 && words[1] != NULL) {
        list = words[1];
        words += 2;
    }
    if (words[0] == NULL || strcmp(words[0], "--") != 0 || words[1] == NULL)
        usage();
    return list ? choose(list, words + 1) : words + 1;
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

    if (strcmp(verb, "install") == 0 && argc == 3)
        return install(argv[2]);
    if (strcmp(verb, "version") == 0 && argc == 2)
        return print_version();
    if (strcmp(verb, "exec") == 0)
        become(program(argv + 2));
    return supervise(program(argv + 1));
}
