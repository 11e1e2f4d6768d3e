/*
 * One main program: signals go to it, orphans are reaped, its end is ours.
 *
 * Every signal stays blocked and is taken one at a time with sigwaitinfo, so none is lost, none interrupts anything, and there
 * is no handler. Blocked signals reach PID 1 even where the kernel would drop them for it.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch.h"

static void prepare(const sigset_t *every)
{
    if (sigprocmask(SIG_SETMASK, every, NULL) != 0)
        fail(EXIT_SYSTEM, "cannot block signals: %s", strerror(errno));
    /* Were it inherited as ignored, the kernel would reap the program itself and its code would be lost. */
    if (signal(SIGCHLD, SIG_DFL) == SIG_ERR)
        fail(EXIT_SYSTEM, "cannot watch for processes that end: %s", strerror(errno));
    /* With shareProcessNamespace PID 1 is the pause container (trap 21): orphans come here only if asked for. */
    if (prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L) != 0)
        fail(EXIT_SYSTEM, "cannot become the reaper of orphans: %s", strerror(errno));
}

/*
 * A process group of its own, in the foreground if we are: what the terminal raises (^C, a new window size) then reaches the
 * program once, from the kernel, and not again through us; and a program's `kill 0` does not come back to it as a forwarded
 * signal. All signals are blocked here, so taking the terminal from the background does not stop us.
 */
static void lead_own_group(void)
{
    bool foreground = tcgetpgrp(STDIN_FILENO) == getpgrp();

    if (setpgid(0, 0) != 0)
        fail(EXIT_SYSTEM, "cannot make a process group: %s", strerror(errno));
    if (foreground && tcsetpgrp(STDIN_FILENO, getpgrp()) != 0)
        fail(EXIT_SYSTEM, "cannot hand the terminal to the program: %s", strerror(errno));
}

static pid_t start(char *const argv[])
{
    pid_t program = fork();

    if (program < 0)
        fail(EXIT_SYSTEM, "cannot create a process: %s (a limit on processes?)", strerror(errno));
    if (program > 0)
        return program;
    lead_own_group();
    become(argv);
}

/* The program is not reaped yet, so its number is still its own. SIGTSTP and SIGCONT pass like all others: only it stops. */
static void forward(const siginfo_t *signal, pid_t program)
{
    if (signal->si_signo == SIGCHLD)
        return;
    /* Ours: the sentence below met a closed stderr. */
    if (signal->si_signo == SIGPIPE && signal->si_pid == getpid())
        return;
    if (kill(program, signal->si_signo) != 0)
        say("signal %d does not reach the program: %s (it changed its user, and this container lacks the capability KILL)",
            signal->si_signo, strerror(errno));
}

/* Reaps all that ended. Returns whether the program did, and how. */
static bool reap(pid_t program, int *status)
{
    bool ended = false;
    pid_t process;
    int one;

    while ((process = waitpid(-1, &one, WNOHANG)) > 0)
        if (process == program) {
            *status = one;
            ended = true;
        }
    if (process < 0 && !ended)
        fail(EXIT_SYSTEM, "cannot wait for the program: %s", strerror(errno));
    return ended;
}

int supervise(char *const argv[])
{
    sigset_t every;
    siginfo_t signal;
    pid_t program;
    int status = 0;

    sigfillset(&every);
    prepare(&every);
    program = start(argv);
    /* Reaping follows each signal, not only SIGCHLD: a flood of others cannot keep it waiting. */
    do {
        if (sigwaitinfo(&every, &signal) > 0)
            forward(&signal, program);
        else if (errno != EINTR)
            fail(EXIT_SYSTEM, "cannot wait for signals: %s", strerror(errno));
    } while (!reap(program, &status));
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
