/* `launch ready`: what the sidecar would answer, for a probe that cannot ask it. It reads, and that is all. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "launch.h"
#include "life.h"

/* Sentences are in the sidecar's words, where it has some. */
static _Noreturn void fail_offline(int code, const char *why)
{
    fail(code, "offline: %s", why);
}

static _Noreturn void explain(uint64_t generation)
{
    uint64_t code, asked;

    if (state_is("running", generation, "stopping"))
        fail_offline(EXIT_FAILURE, "the container is stopping");
    if (read_state("running", &asked) == NULL || asked != generation)
        fail_offline(EXIT_FAILURE, "its program has not been started: prestart still runs");
    if (state_is("switch", generation, "hold"))
        fail_offline(EXIT_WAITS, "held back until somebody puts it online");
    if (state_is("switch", generation, "offline"))
        fail_offline(EXIT_WAITS, "taken offline by somebody");
    if (read_state("request", &asked) != NULL && asked == generation)
        fail_offline(EXIT_FAILURE, "preonline was asked for");
    if (!read_result(generation, "preonline", &code))
        fail_offline(EXIT_FAILURE, "the check URL has not answered, or preonline still runs");
    if (code == 0)
        fail_offline(EXIT_WAITS, "preonline succeeded, and its online file is not there");
    if (code == EXIT_TIMEOUT)
        fail_offline(EXIT_FAILURE, "preonline took too long");
    fail(EXIT_FAILURE, "offline: preonline failed with exit code %u%s", (unsigned)code, own_trouble(code));
}

int ready(const char *path)
{
    char shown[QUOTED_SIZE];
    uint64_t generation;

    leave_message();
    if (!open_state(path) && errno != ENOENT)
        fail(EXIT_FAILURE, "cannot open the state directory %s: %s", quote(shown, path), strerror(errno));
    generation = read_generation();
    if (generation == 0)
        fail_offline(EXIT_FAILURE, "the container has not started");
    if (has_ended(generation))
        fail_offline(EXIT_FAILURE, "its program has ended");
    if (!state_is("online", generation, ""))
        explain(generation);
    say("online (generation %" PRIu64 ")", generation);
    return 0;
}
