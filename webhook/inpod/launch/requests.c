/* What the sidecar asks for, and what a person wishes, while the program runs. */
#include <inttypes.h>
#include <string.h>

#include "launch.h"
#include "life.h"

static bool is_held(const struct life *life)
{
    return state_is("switch", life->generation, "hold") || state_is("switch", life->generation, "offline");
}

static void tell(struct life *life)
{
    const struct answer *owed = &life->owed;

    if (owed->verb == NULL)
        return;
    if (write_state("result", life->generation, " %s %d %" PRId64, owed->verb, owed->code, owed->milliseconds))
        life->owed.verb = NULL;
}

static void answer(struct life *life, const char *verb, int code, int64_t since)
{
    life->owed = (struct answer){.verb = verb, .code = code, .milliseconds = now() - since};
    tell(life);
}

/* Whatever others did to it, and where there was no room before. */
static void keep(const struct life *life, const char *name)
{
    if (!state_is(name, life->generation, ""))
        write_state(name, life->generation, "%s", "");
}

static void follow_switch(struct life *life)
{
    bool wished = state_is("switch", life->generation, "offline");
    int64_t since = now();
    int code;

    if (wished && !life->offline) {
        remove_state("result");
        if (life->online) {
            go_offline(life);
            drain(life);
        }
        code = run_hooks(life, POSTOFFLINE);
        life->left = code == 0;
        if (code == 0 && is_claimed(life))
            code = EXIT_SYSTEM;
        answer(life, "offline", code, since);
    }
    life->offline = wished;
}

/* A program that ended, or is to, does not come online any more; nor one that a person wants offline by now. */
static int bring_online(struct life *life)
{
    int code = run_hooks(life, PREONLINE);

    if (code != 0)
        return code;
    if (life->stop != 0 || life->program.process == 0 || is_held(life))
        return 1;
    return go_online(life) ? 0 : EXIT_SYSTEM;
}

static void take_request(struct life *life)
{
    uint64_t generation;
    const char *verb = read_state("request", &generation);
    int64_t since = now();

    /* Another generation's stays where it is: ours may take its place any moment, and would be taken away for it. */
    if (verb == NULL || generation != life->generation || strcmp(verb, "preonline") != 0 || is_held(life))
        return;
    remove_state("result"); /* of an earlier one: whoever sees neither waits */
    remove_state("request");
    answer(life, "preonline", life->online ? 0 : bring_online(life), since);
}

void look(struct life *life)
{
    keep(life, "generation");
    keep(life, "running");
    keep_online(life);
    tell(life);
    follow_switch(life);
    take_request(life);
}

bool is_settled(const struct life *life)
{
    return (life->online || is_held(life)) && life->owed.verb == NULL;
}
