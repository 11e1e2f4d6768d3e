/* The container's first process, until it is the image's init. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../launch/launch.h"
#include "machine.h"

/* Of ours alone: where its control groups are mounted is told by it. */
#define OWN_VARIABLE "RICHPOD_POD_UID"

/* systemd dies of all these without a word (trap 6). */
static void prove_rights(void)
{
    if (getpid() != 1)
        fail(EXIT_SYSTEM, "systemd must be the container's first process, and this one has number %d: set shareProcessNamespace "
             "and hostPID to false", (int)getpid());
    if (geteuid() != 0)
        fail(EXIT_SYSTEM, "systemd must run as root, and this container runs as user %u: leave out runAsUser, or write "
             "richpod.io/init: launch", (unsigned)geteuid());
}

struct machine {
    unsigned restarts;
    struct login login;
};

/* Takes the options of the machine itself, which stand before those of the launcher; returns what follows. */
static char **take_options(struct machine *machine, char **words)
{
    for (; words[0] != NULL && words[1] != NULL; words += 2)
        if (strcmp(words[0], "--restarts") == 0)
            machine->restarts = option_number(words[0], words[1], 0, LARGEST_BUDGET);
        else if (strcmp(words[0], "--hide") == 0)
            machine->login.hidden = words[1];
        else if (strcmp(words[0], "--show") == 0)
            machine->login.shown = words[1];
        else
            break;
    return words;
}

_Noreturn void boot(char **words)
{
    struct machine machine = {0};
    /* Of its own work it says what fails or takes long, and no line for each unit. */
    char *const argv[] = {(char[]){"/sbin/init"}, (char[]){"--show-status=auto"}, (char[]){"--log-level=notice"}, NULL};
    const char *systemd;
    unsigned version;

    words = take_options(&machine, words);
    prove_rights();
    systemd = find_systemd(&version);
    prove_cgroup(version);
    make_folder();
    unsetenv(OWN_VARIABLE);
    keep(words);
    write_profile(&machine.login);
    write_units(machine.restarts);
    start_console();
    /* A name that systemd does not know is a container to it all the same. */
    if (setenv("container", "richpod", 0) != 0 || execv(systemd, argv) != 0)
        fail(EXIT_NOT_EXECUTABLE, "cannot start %s: %s", systemd, strerror(errno));
    abort();
}
