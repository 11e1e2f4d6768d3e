/* The container's first process, until it is the image's init. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../launch/launch.h"
#include "../launch/login.h"
#include "machine.h"

/* Of ours alone: where its control groups are mounted is told by it. */
#define OWN_VARIABLE "RICHPOD_POD_UID"

/* An init dies of all these without a word (trap 6). */
static void prove_rights(void)
{
    if (getpid() != 1)
        fail(EXIT_SYSTEM, "an init must be the container's first process, and this one has number %d: set shareProcessNamespace "
             "and hostPID to false", (int)getpid());
    if (geteuid() != 0)
        fail(EXIT_SYSTEM, "an init must run as root, and this container runs as user %u: leave out runAsUser, or write "
             "richpod.io/init: launch", (unsigned)geteuid());
}

struct machine {
    unsigned restarts;
    bool own_init;
    struct login login;
};

/* Takes the options of the machine itself, which stand before those of the launcher; returns what follows. */
static char **take_options(struct machine *machine, char **words)
{
    if (words[0] != NULL && words[1] != NULL && strcmp(words[0], "--restarts") == 0) {
        machine->restarts = option_number(words[0], words[1], 0, LARGEST_BUDGET);
        words += 2;
    }
    words = take_login(&machine->login, words);
    machine->own_init = words[0] != NULL && strcmp(words[0], "--own-init") == 0;
    return words + machine->own_init;
}

/* By the file that /sbin/init leads to: sysvinit's is called so, too. */
static enum init recognize(void)
{
    char path[PATH_MAX];
    const char *name = realpath(INIT, path) ? strrchr(path, '/') + 1 : "";

    if (*name == '\0')
        fail(EXIT_NOT_FOUND, "the image has no %s: install an init there, or write richpod.io/init: launch", INIT);
    if (strcmp(name, "systemd") == 0)
        return SYSTEMD;
    return strncmp(name, "busybox", 7) == 0 ? BUSYBOX : SYSV;
}

/* This program, as units and entries start it: by the name that is no init's, also where what was a link is a copy. */
static const char *own_path(void)
{
    static char path[PATH_MAX + sizeof "/bin/launch"];
    ssize_t size = readlink("/proc/self/exe", path, PATH_MAX);
    char *init = size > 0 ? strstr(path, INIT) : NULL;

    if (size < 0)
        fail(EXIT_SYSTEM, "cannot tell where this program lies: %s", strerror(errno));
    if (init != NULL && init[strlen(INIT)] == '\0')
        strcpy(init, "/bin/launch");
    return path;
}

static _Noreturn void become_init(const char *file, char *const argv[])
{
    /* A name that systemd does not know is a container to it all the same. */
    if (setenv("container", "richpod", 0) != 0 || execv(file, argv) != 0)
        fail(EXIT_NOT_EXECUTABLE, "cannot start %s: %s", file, strerror(errno));
    abort();
}

_Noreturn void boot(char **words)
{
    struct machine machine = {0};
    /* Of its own work systemd says what fails or takes long, and no line for each unit. */
    char *argv[] = {(char[]){INIT}, (char[]){"--show-status=auto"}, (char[]){"--log-level=notice"}, NULL};
    const char *file = INIT;
    enum init init;
    unsigned version;

    prove_rights();
    if (words[0] != NULL && (strcmp(words[0], "--init") == 0 || strcmp(words[0], "--end") == 0))
        finish();
    words = take_options(&machine, words);
    init = machine.own_init ? recognize() : SYSTEMD;
    if (init == SYSTEMD) {
        file = find_systemd(&version);
        prove_cgroup(version);
    }
    make_folder();
    unsetenv(OWN_VARIABLE);
    keep(init, words);
    write_profile(&machine.login, FOLDER "/profile.sh");
    if (init == SYSTEMD)
        write_units(own_path(), machine.restarts);
    else
        write_inittab(init, own_path(), machine.restarts);
    start_console();
    if (init != SYSTEMD)
        argv[1] = NULL;
    become_init(file, argv);
}
