/* The end of a machine whose init has made way. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../launch/launch.h"
#include "machine.h"

enum { PATIENCE = 3000, PAUSE = 20 }; /* ms */

static int read_code(void)
{
    char text[16] = "";
    int file = open(FOLDER "/code", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    if (file < 0 || read(file, text, sizeof text - 1) <= 0)
        return EXIT_SYSTEM;
    return atoi(text);
}

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
    _exit(read_code());
}
