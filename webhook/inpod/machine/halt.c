/* How a machine is stopped: TERM, the kubelet's word, only makes systemd start itself anew (trap 3). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../launch/launch.h"
#include "machine.h"

/* SIGRTMIN+3, by its number: C libraries do not agree where SIGRTMIN is (trap 27). */
enum { HALT = 37, PAUSE = 20 /* ms */ };

/* Waits for the program: BusyBox's init takes the kubelet's TERM, which comes next, for a reboot, and kills it. */
static int halt_entry(void)
{
    char text[24] = "";
    int file = open(FOLDER "/process-id", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    pid_t process;

    if (file < 0 || read(file, text, sizeof text - 1) <= 0)
        fail(EXIT_SYSTEM, "cannot stop the program: it has not been started");
    process = atoi(text);
    /* All are told to end when the program has, this one among them, which has nothing left to do then. */
    signal(SIGTERM, SIG_IGN);
    if (process <= 1 || kill(process, SIGTERM) != 0)
        fail(EXIT_SYSTEM, "cannot stop the program: %s", strerror(errno));
    while (kill(process, 0) == 0)
        usleep(1000 * PAUSE);
    return 0;
}

int halt(void)
{
    if (kept_init() != SYSTEMD)
        return halt_entry();
    if (kill(1, HALT) != 0)
        fail(EXIT_SYSTEM, "cannot stop the container's init: %s", strerror(errno));
    return 0;
}
