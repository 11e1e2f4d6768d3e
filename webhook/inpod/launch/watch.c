/*
 * What happens while the launcher waits.
 *
 * Every signal stays blocked and is taken one at a time from a descriptor, so none is lost, none interrupts anything, and there
 * is no handler. Blocked signals reach PID 1 even where the kernel would drop them for it.
 */
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "launch.h"
#include "life.h"

enum { HALT = 37 }; /* SIGRTMIN+3, by which systemd is halted */

static int signals = -1;

void hold_signals(void)
{
    sigset_t every;

    sigfillset(&every);
    if (sigprocmask(SIG_SETMASK, &every, NULL) != 0)
        fail(EXIT_SYSTEM, "cannot block signals: %s", strerror(errno));
}

void prepare(void)
{
    sigset_t every;

    sigfillset(&every);
    /* Were it inherited as ignored, the kernel would reap the program itself and its code would be lost. */
    if (signal(SIGCHLD, SIG_DFL) == SIG_ERR)
        fail(EXIT_SYSTEM, "cannot watch for processes that end: %s", strerror(errno));
    /* With shareProcessNamespace PID 1 is the pause container (trap 21): orphans come here only if asked for. */
    if (prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L) != 0)
        fail(EXIT_SYSTEM, "cannot become the reaper of orphans: %s", strerror(errno));
    signals = signalfd(-1, &every, SFD_NONBLOCK | SFD_CLOEXEC);
    if (signals < 0)
        fail(EXIT_SYSTEM, "cannot wait for signals: %s", strerror(errno));
}

bool is_stop(const struct life *life, int number)
{
    return number == SIGTERM || number == SIGINT || number == SIGQUIT || number == HALT || number == life->options->stop_signal;
}

/* The program is not reaped yet, so its number is still its own. SIGTSTP and SIGCONT pass like all others: only it stops. */
void forward(const struct life *life, int number)
{
    if (kill(life->program.process, number) != 0)
        say("signal %d does not reach the program: %s (it changed its user, and this container lacks the capability KILL)",
            number, strerror(errno));
}

/* Returns whether the signal is kept from the program: stopping it has an order. */
static bool keep(struct life *life, int number)
{
    if (life->options == NULL || !is_stop(life, number))
        return false;
    if (life->stop == 0)
        life->stop = number;
    else
        life->hurry = true;
    return !life->forwarded;
}

static void meet(struct life *life, const struct signalfd_siginfo *signal)
{
    int number = (int)signal->ssi_signo;

    if (number == SIGCHLD)
        return;
    /* Ours: a sentence, or a line of a hook, met a closed end. */
    if (number == SIGPIPE && signal->ssi_pid == (uint32_t)getpid())
        return;
    if (keep(life, number))
        return;
    if (life->program.process != 0)
        forward(life, number);
    else if (life->phase == BEFORE)
        sigaddset(&life->early, number);
}

static void take_signal(struct life *life)
{
    struct signalfd_siginfo signal;
    ssize_t size = read(signals, &signal, sizeof signal);

    if (size == (ssize_t)sizeof signal)
        meet(life, &signal);
    else if (errno != EAGAIN && errno != EINTR)
        fail(EXIT_SYSTEM, "cannot take a signal: %s", strerror(errno));
}

/* Another keeper would start the service a second time: it goes on by itself. */
static void forget_keeper(struct life *life, pid_t process, int status)
{
    for (size_t i = 0; i < MOST_SERVICES; i++) {
        if (life->keepers[i] != process)
            continue;
        life->keepers[i] = 0;
        if (WIFSIGNALED(status))
            say("service %s: its keeper was killed by signal %d: nothing starts it again when it ends",
                life->options->services[i].name, WTERMSIG(status));
    }
}

/* Reaps all that ended. */
static void reap(struct life *life)
{
    pid_t process;
    int status;

    while ((process = waitpid(-1, &status, WNOHANG)) > 0) {
        struct child *child = process == life->program.process ? &life->program : &life->hook;

        forget_keeper(life, process, status);
        if (process != child->process)
            continue;
        *child = (struct child){.status = status};
        if (child == &life->program && life->options != NULL)
            note_end(life);
    }
    if (process < 0 && (life->program.process != 0 || life->hook.process != 0))
        fail(EXIT_SYSTEM, "cannot wait for the program: %s", strerror(errno));
}

void watch(struct life *life, int64_t until)
{
    struct pollfd events[] = {{.fd = signals, .events = POLLIN}, await_output()};
    int64_t left = until == FOREVER ? 0 : until - now();
    struct timespec limit = {0};

    if (left > 0)
        limit = (struct timespec){.tv_sec = (time_t)(left / 1000), .tv_nsec = (long)(left % 1000 * 1000000)};
    if (ppoll(events, 2, until == FOREVER ? NULL : &limit, NULL) < 0 && errno != EINTR)
        fail(EXIT_SYSTEM, "cannot wait: %s", strerror(errno));
    if (events[0].revents != 0)
        take_signal(life);
    /* After each signal, not only SIGCHLD: a flood of others cannot keep it waiting. */
    reap(life);
    if (events[1].revents != 0)
        pass_output();
}

void attend(struct life *life, int64_t until)
{
    int64_t soon = now() + LOOK_SOON;

    watch(life, until < soon ? until : soon);
    keep_online(life);
}
