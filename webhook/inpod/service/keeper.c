/*
 * The keeper of one service: a process that waits for it, passes its lines on and starts it again. It is told by TERM to end it,
 * and by another signal to be quick.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../launch/launch.h"
#include "service.h"

enum { FIRST_PAUSE = 1000 / PACE, LONGEST_PAUSE = 60000 / PACE }; /* ms from an end to the next start, twice as long each time */

/* A program that an image does not have does not come, either. */
static bool is_due(const struct keeper *keeper, int code)
{
    enum restart restart = keeper->service->restart;

    return code != EXIT_NOT_FOUND && (restart == ALWAYS || (restart == FAILED && code != 0));
}

/* Until it is not to be started again, or the end is near. */
static void keep(struct keeper *keeper)
{
    struct life *life = &keeper->life;
    int64_t pause = FIRST_PAUSE;

    while (life->stop == 0) {
        int64_t begun = now();
        int code = run_service(keeper);
        bool due = is_due(keeper, code);

        if (now() - begun >= LONGEST_PAUSE) {
            pause = FIRST_PAUSE;
            keeper->said[0] = '\0';
        }
        if (keeper->begun && life->stop == 0 && (due || code != 0))
            remark(keeper, "ended with exit code %d: it is %sstarted again", code, due ? "" : "not ");
        if (!due)
            return;
        for (int64_t until = now() + pause; life->stop == 0 && now() < until;)
            watch(life, until);
        pause = 2 * pause < LONGEST_PAUSE ? 2 * pause : LONGEST_PAUSE;
    }
}

/* A group of its own: whoever signals the launcher's, as dumb-init does, means the program. */
static void stand_apart(pid_t launcher)
{
    if (setpgid(0, 0) != 0 || prctl(PR_SET_PDEATHSIG, (unsigned long)SIGTERM, 0L, 0L, 0L) != 0)
        fail(EXIT_SYSTEM, "cannot keep a service: %s", strerror(errno));
    /* It ended before that. */
    if (getppid() != launcher)
        _exit(0);
}

void keep_service(const struct life *container, const struct service *service, pid_t launcher)
{
    static struct keeper keeper;

    leave_message();
    stand_apart(launcher);
    open_output();
    keeper.service = service;
    keeper.life = (struct life){.options = container->options, .phase = BEFORE, .generation = container->generation};
    sigemptyset(&keeper.life.early);
    snprintf(keeper.file, sizeof keeper.file, SERVICE_FILE "%s", service->name);
    keep(&keeper);
    /* What it left behind may print. */
    while (keeper.life.stop == 0)
        watch(&keeper.life, FOREVER);
    _exit(0);
}
