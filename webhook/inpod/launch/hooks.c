/* Hooks: programs of the user, one at a time, in a process group of their own, for no longer than they may. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch.h"
#include "life.h"

enum { PATIENCE = 2000 }; /* ms from TERM to KILL */

static void set(const char *name, const char *value)
{
    if (setenv(name, value, 1) != 0)
        fail(EXIT_SYSTEM, "cannot set %s for a hook: %s", name, strerror(errno));
}

static void set_number(const char *name, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRIu64, value);
    set(name, text);
}

static void set_environment(const struct life *life, enum kind kind)
{
    set("RICHPOD_HOOK", kind_name(kind));
    set_number("RICHPOD_GENERATION", life->generation);
    if (kind != POSTSTOP)
        return;
    set("RICHPOD_REASON", life->reason);
    if (life->phase == BEFORE)
        return;
    set_number("RICHPOD_EXIT_CODE", (uint64_t)exit_code(life->program.status));
    set_number("RICHPOD_SIGNAL", WIFSIGNALED(life->program.status) ? (uint64_t)WTERMSIG(life->program.status) : 0);
}

static _Noreturn void become_hook(const struct life *life, const struct hook *hook)
{
    leave_message();
    take_output();
    if (setpgid(0, 0) != 0)
        fail(EXIT_SYSTEM, "cannot make a process group for a hook: %s", strerror(errno));
    set_environment(life, hook->kind);
    become(hook->argv);
}

/* Whether a hook is to be ended before its time: what it was run for is no more. */
static bool is_vain(const struct life *life)
{
    switch (life->phase) {
    case BEFORE:
        return life->stop != 0;
    case DURING:
        return life->stop != 0 || life->program.process == 0;
    default:
        return life->hurry;
    }
}

static void signal_hook(const struct life *life, pid_t group, int number)
{
    pid_t process = life->hook.process;

    /* The group is gone where its last process was quicker, and empty where the hook has left it. */
    if (kill(-group, number) != 0 && errno != ESRCH)
        say("signal %d does not reach a hook: %s", number, strerror(errno));
    /* Only one that is not in the group: a hook that cleans up when it is asked to end would do so twice. */
    if (process != 0 && getpgid(process) != group && kill(process, number) != 0)
        say("signal %d does not reach a hook: %s", number, strerror(errno));
}

/* Returns whether it was ended because its time was up. */
static bool wait_for(struct life *life, const struct hook *hook)
{
    pid_t group = life->hook.process;
    int64_t limit = now() + (int64_t)hook->seconds * 1000;
    bool late;

    while (life->hook.process != 0 && !is_vain(life) && now() < limit)
        attend(life, limit);
    if (life->hook.process == 0)
        return false;
    late = !is_vain(life);
    signal_hook(life, group, SIGTERM);
    for (limit = now() + PATIENCE; life->hook.process != 0 && !life->hurry && now() < limit;)
        attend(life, limit);
    /* Also those whose leader has ended. */
    signal_hook(life, group, SIGKILL);
    while (life->hook.process != 0)
        watch(life, FOREVER);
    return late;
}

static int run_hook(struct life *life, const struct hook *hook)
{
    char shown[QUOTED_SIZE];
    pid_t process;
    int code;

    begin_output(kind_name(hook->kind));
    process = fork();
    if (process < 0) {
        say("cannot create a process for a hook: %s (a limit on processes?)", strerror(errno));
        return EXIT_SYSTEM;
    }
    if (process == 0)
        become_hook(life, hook);
    /* Here too, so that the group is there at once; refused where the hook was quicker. */
    setpgid(process, process);
    life->hook.process = process;
    code = wait_for(life, hook) ? EXIT_TIMEOUT : exit_code(life->hook.status);
    end_output();
    if (code == EXIT_TIMEOUT)
        say("the %s hook %s did not end within %u s", kind_name(hook->kind), quote(shown, *hook->argv), hook->seconds);
    else if (code != 0)
        say("the %s hook %s ended with exit code %d", kind_name(hook->kind), quote(shown, *hook->argv), code);
    return code;
}

int run_hooks(struct life *life, enum kind kind)
{
    const struct options *options = life->options;
    int first = 0;

    for (size_t i = 0; i < options->size && !is_vain(life); i++) {
        const struct hook *hook = &options->hooks[i];
        int code;

        if (hook->kind != kind || (hook->optional && !is_there(*hook->argv)))
            continue;
        code = run_hook(life, hook);
        if (first == 0) {
            first = code;
            life->failed = code ? hook : NULL;
        }
        if (code != 0 && (kind == PRESTART || kind == PREONLINE))
            break;
    }
    return first;
}
