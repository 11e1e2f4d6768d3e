/* The order of the end: no traffic, drain, postoffline, the signal, KILL in time, poststop. */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "launch.h"
#include "life.h"

void drain(struct life *life)
{
    int64_t end = now() + (int64_t)life->options->drain * 1000;
    int stop = life->stop;

    while (now() < end && life->program.process != 0 && !life->hurry && life->stop == stop)
        attend(life, end);
}

static void kill_program(pid_t program)
{
    /* It may have left the group it was started in. */
    if (kill(-program, SIGKILL) != 0 && errno != ESRCH)
        say("cannot kill the program's group: %s", strerror(errno));
    if (kill(program, SIGKILL) != 0 && errno != ESRCH)
        say("cannot kill the program: %s", strerror(errno));
}

static void end_program(struct life *life)
{
    pid_t program = life->program.process;
    unsigned seconds = life->options->stop;
    int64_t limit = seconds ? now() + (int64_t)seconds * 1000 : FOREVER;

    life->forwarded = true;
    forward(life, life->stop);
    while (life->program.process != 0 && now() < limit)
        attend(life, limit);
    if (life->program.process == 0)
        return;
    say("the program did not end within %u s of signal %d: it is killed", seconds, life->stop);
    kill_program(program);
    while (life->program.process != 0)
        watch(life, FOREVER);
}

/* Dying of the signal by which it was asked to stop is a clean end too. */
static const char *reason(const struct life *life)
{
    int status = life->program.status;

    return WIFSIGNALED(status) && !(life->forwarded && is_stop(life, WTERMSIG(status))) ? "signal" : "clean";
}

/* What was done when a person took it offline is done. */
static void leave(struct life *life)
{
    if (life->left)
        return;
    drain(life);
    if (!life->hurry)
        run_hooks(life, POSTOFFLINE);
}

void stop(struct life *life)
{
    life->phase = AFTER;
    if (life->program.process != 0) {
        /* Before the files of traffic go: whoever misses them is to know why. */
        write_state("running", life->generation, " stopping");
        go_offline(life);
        leave(life);
    }
    if (life->program.process != 0)
        end_program(life);
    life->reason = reason(life);
    /* What was in a hurry so far has ended. */
    life->hurry = false;
    run_hooks(life, POSTSTOP);
    remove_state("running");
}
