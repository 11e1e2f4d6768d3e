/* The program as an entry of /etc/inittab: started, waited for, started anew, and its end made the container's. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../launch/launch.h"
#include "machine.h"

#define REPLACED INIT ".richpod"

enum { REQUEST_MAGIC = 0x03091969, CHANGE_RUNLEVEL = 1 };

enum { PAUSE = 1 }; /* s */

/* Of sysvinit, as it reads them from its FIFO. */
struct request {
    int magic, command, runlevel, seconds;
    char unused[368];
};

/* sysvinit starts itself anew when it is told to, and finds this program in its place. */
static void replace_sysv(void)
{
    static const char *const fifos[] = {"/run/initctl", "/dev/initctl"};
    const struct request request = {.magic = REQUEST_MAGIC, .command = CHANGE_RUNLEVEL, .runlevel = 'U'};

    unlink(REPLACED);
    if (symlink(OWN_INIT, REPLACED) != 0 || rename(REPLACED, INIT) != 0)
        fail(EXIT_SYSTEM, "cannot end the container: %s cannot be replaced: %s", INIT, strerror(errno));
    for (size_t i = 0; i < sizeof fifos / sizeof *fifos; i++) {
        int fifo = open(fifos[i], O_WRONLY | O_NONBLOCK | O_CLOEXEC);

        if (fifo >= 0 && write(fifo, &request, sizeof request) == sizeof request)
            return;
    }
    fail(EXIT_SYSTEM, "cannot end the container: the image's init does not listen");
}

static _Noreturn void surface_entry(int code)
{
    leave_number(CODE, (unsigned)code);
    if (kept_init() == SYSV)
        replace_sysv();
    else
        kill(1, SIGQUIT);
    _exit(code);
}

static pid_t begin(char **words, const sigset_t *held)
{
    pid_t child = fork();

    if (child < 0)
        fail(EXIT_SYSTEM, "cannot create a process: %s (a limit on processes?)", strerror(errno));
    if (child == 0) {
        sigprocmask(SIG_UNBLOCK, held, NULL);
        _exit(run_program(words, false));
    }
    return child;
}

/* Before it is started anew. Returns whether its end was asked for meanwhile. */
static bool is_asked(void)
{
    const struct timespec pause = {.tv_sec = PAUSE};
    sigset_t term;

    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    return sigtimedwait(&term, NULL, &pause) == SIGTERM;
}

/* Returns its code; passes on what asks for its end, which `asked` tells then. */
static int await_end(pid_t child, const sigset_t *held, bool *asked)
{
    int status;

    while (waitpid(child, &status, WNOHANG) == 0)
        if (sigwaitinfo(held, NULL) == SIGTERM) {
            *asked = true;
            kill(child, SIGTERM);
        }
    return exit_code(status);
}

_Noreturn void stand_in(char **words, unsigned budget)
{
    bool asked = false;
    sigset_t held;
    int code;

    sigemptyset(&held);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGCHLD);
    sigprocmask(SIG_BLOCK, &held, NULL);
    leave_number(PROCESS_ID, (unsigned)getpid());
    for (unsigned tried = 0;; tried++) {
        code = await_end(begin(words, &held), &held, &asked);
        if (code == 0 || tried == budget || asked || is_asked())
            surface_entry(code);
    }
}
