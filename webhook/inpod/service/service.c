/* One run of a service: how it is started, waited for and ended. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../launch/launch.h"
#include "service.h"
#include "user.h"

enum { PATIENCE = 3000 }; /* ms from TERM to KILL */

void remark(struct keeper *keeper, const char *format, ...)
{
    char sentence[sizeof keeper->said];
    va_list values;

    va_start(values, format);
    vsnprintf(sentence, sizeof sentence, format, values);
    va_end(values);
    if (strcmp(sentence, keeper->said) == 0)
        return;
    strcpy(keeper->said, sentence);
    say("service %s: %s", keeper->service->name, sentence);
}

static _Noreturn void become_kept(const struct service *service, int trouble)
{
    say_into(trouble);
    take_output();
    if (setsid() < 0)
        fail(EXIT_SYSTEM, "cannot make a session: %s", strerror(errno));
    if (*service->user)
        become_user(service->user);
    become(service->argv);
}

/* Whether it became the program, which closes the pipe; else why not stands there. */
static bool is_begun(struct keeper *keeper, int trouble)
{
    char sentence[sizeof keeper->said];
    ssize_t size = read(trouble, sentence, sizeof sentence);

    if (size > 1)
        remark(keeper, "%.*s", (int)size - 1, sentence);
    return size <= 1;
}

/* Returns its number; 0, with a word, where there is no process for it. */
static pid_t begin_service(struct keeper *keeper)
{
    int ends[2] = {-1, -1};
    pid_t process = pipe2(ends, O_CLOEXEC) == 0 ? fork() : -1;

    if (process == 0)
        become_kept(keeper->service, ends[1]);
    if (process < 0)
        remark(keeper, "cannot create a process: %s (a limit on processes?)", strerror(errno));
    close(ends[1]);
    keeper->starts++;
    keeper->begun = process > 0 && is_begun(keeper, ends[0]);
    close(ends[0]);
    if (keeper->begun)
        write_state(keeper->file, keeper->life.generation, " %" PRIu64, keeper->starts);
    return process > 0 ? process : 0;
}

static void signal_service(const struct keeper *keeper, pid_t group, int number)
{
    if (kill(-group, number) != 0 && errno != ESRCH)
        say("service %s: signal %d does not reach it: %s (it changed its user, and this container lacks the capability KILL)",
            keeper->service->name, number, strerror(errno));
}

/* Waits for its end, or brings it about. What it left behind in its group would stand in the way of the next one. */
static void await_end(struct keeper *keeper, pid_t group)
{
    struct life *life = &keeper->life;
    int64_t limit;

    while (life->hook.process != 0 && life->stop == 0)
        watch(life, FOREVER);
    if (life->hook.process != 0)
        signal_service(keeper, group, SIGTERM);
    for (limit = now() + PATIENCE; life->hook.process != 0 && !life->hurry && now() < limit;)
        watch(life, limit);
    signal_service(keeper, group, SIGKILL);
    while (life->hook.process != 0)
        watch(life, FOREVER);
}

int run_service(struct keeper *keeper)
{
    struct life *life = &keeper->life;
    pid_t group;
    int code = EXIT_SYSTEM;

    begin_output(keeper->service->name);
    group = life->hook.process = begin_service(keeper);
    if (group != 0) {
        await_end(keeper, group);
        code = exit_code(life->hook.status);
    }
    end_output();
    write_state(keeper->file, life->generation, " %" PRIu64 " %d", keeper->starts, code);
    return code;
}
