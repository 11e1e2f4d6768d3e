/* The command line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launch.h"
#include "life.h"
#include "../machine/machine.h"

/* By this name container runtimes know a container that an init of the image is for (CRI-O makes its control groups writable). */
static bool is_machine(const char *name)
{
    static const char init[] = "/sbin/init";
    size_t length = strlen(name), size = sizeof init - 1;

    return length >= size && strcmp(name + length - size, init) == 0;
}

static int print_version(void)
{
    static const char line[] = VERSION "\n";

    if (write(STDOUT_FILENO, line, sizeof line - 1) != (ssize_t)sizeof line - 1)
        fail(EXIT_SYSTEM, "cannot write the version: %s", strerror(errno));
    return 0;
}

/*
 * Returns `argv` with copies of its words, and wipes them where /proc/PID/cmdline shows them, one behind the other. They name the
 * program and all services: a start script that looks whether its program runs already would find us, and `pkill -f` would mean us.
 */
static char **hide(char *argv[])
{
    static char *copy;
    char *shown = *argv, *end = shown;

    if (shown == NULL)
        return argv;
    for (char **word = argv; *word != NULL; word++)
        end = *word + strlen(*word) + 1;
    copy = malloc((size_t)(end - shown));
    if (copy == NULL)
        fail(EXIT_SYSTEM, "no memory for the command line");
    for (char **word = argv; *word != NULL; word++)
        *word = copy + (*word - shown);
    memcpy(copy, shown, (size_t)(end - shown));
    memset(shown, 0, (size_t)(end - shown));
    return argv;
}

int main(int argc, char *argv[])
{
    const char *verb = argc > 1 ? argv[1] : "";

    if (argc > 0 && is_machine(argv[0]))
        boot(argv + 1);
    if (strcmp(verb, "hosted") == 0 && argc == 2)
        return run_program(host(), true);
    if (strcmp(verb, "hosted") == 0 && argc == 3)
        stand_in(host(), option_number(verb, argv[2], 0, LARGEST_BUDGET));
    if (strcmp(verb, "surface") == 0 && argc == 3)
        return surface(option_number(verb, argv[2], 0, LARGEST_BUDGET));
    if (strcmp(verb, "halt") == 0 && argc == 2)
        return halt();
    if (strcmp(verb, "service") == 0 && argc >= 3)
        become_service(argv + 2);
    if (strcmp(verb, "fill") == 0 && argc == 4)
        return fill_volume(argv[2], argv[3]);
    if (strcmp(verb, "install") == 0 && argc == 3)
        return install(argv[2]);
    if (strcmp(verb, "version") == 0 && argc == 2)
        return print_version();
    if ((strcmp(verb, "online") == 0 || strcmp(verb, "offline") == 0) && argc == 3)
        return wish(verb, argv[2]);
    if (strcmp(verb, "ready") == 0 && argc == 3)
        return ready(argv[2]);
    if (strcmp(verb, "exec") == 0)
        return run_program(hide(argv + 2), true);
    return run_program(hide(argv + 1), false);
}
