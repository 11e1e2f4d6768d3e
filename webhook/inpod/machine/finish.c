/* The end of a machine whose init has made way. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../launch/launch.h"
#include "machine.h"

enum { PATIENCE = 3000, PAUSE = 20 }; /* ms */

/* Whether all others have ended by then. */
static bool await_others(int64_t until)
{
    pid_t ended;

    while ((ended = waitpid(-1, NULL, WNOHANG)) >= 0)
        if (ended == 0) {
            if (now() >= until)
                return false;
            usleep(1000 * PAUSE);
        }
    return true;
}

_Noreturn void finish(void)
{
    kill(-1, SIGTERM);
    kill(-1, SIGCONT);
    if (!await_others(now() + PATIENCE))
        kill(-1, SIGKILL);
    _exit((int)left_number(CODE, EXIT_SYSTEM));
}
