/* How a machine is stopped: TERM, the kubelet's word, only makes systemd start itself anew (trap 3). */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "../launch/launch.h"
#include "machine.h"

enum { PAUSE = 20, BOOT = 20000 }; /* ms */

static void rest(void)
{
    usleep(1000 * PAUSE);
}

/* Whether systemd still boots: it forgets that it was to halt when the kubelet's TERM makes it start itself anew then. */
static bool is_booting(void)
{
    char *const argv[] = {(char[]){"systemctl"}, (char[]){"is-system-running"}, NULL};
    char state[SAID_SIZE];

    return ask(argv, state) && strcmp(state, "running\n") != 0 && strcmp(state, "degraded\n") != 0 &&
           strcmp(state, "stopping\n") != 0;
}

/* Waits for the program's end: who tells systemd of its code waits for the kubelet's TERM, which comes next. */
static int halt_systemd(void)
{
    for (int64_t until = now() + BOOT; is_booting() && now() < until;)
        rest();
    if (access(HALTING, F_OK) != 0)
        write_file(HALTING, 0600, "", 0);
    exit_machine(0);
    while (access(ENDED, F_OK) != 0)
        rest();
    return 0;
}

/* Waits for the program: BusyBox's init takes the kubelet's TERM, which comes next, for a reboot, and kills it. */
static int halt_entry(void)
{
    pid_t process = (pid_t)left_number(PROCESS_ID, 0);

    if (process <= 1)
        fail(EXIT_SYSTEM, "cannot stop the program: it has not been started");
    /* All are told to end when the program has, this one among them, which has nothing left to do then. */
    signal(SIGTERM, SIG_IGN);
    if (kill(process, SIGTERM) != 0)
        fail(EXIT_SYSTEM, "cannot stop the program: %s", strerror(errno));
    while (kill(process, 0) == 0)
        rest();
    return 0;
}

int halt(void)
{
    return kept_init() == SYSTEMD ? halt_systemd() : halt_entry();
}
