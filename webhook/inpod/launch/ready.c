/* `launch ready`: what the sidecar would answer, for a probe that cannot ask it. It reads, and that is all. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "launch.h"
#include "life.h"

/* In the sidecar's words, where it has some. */
static const char *why_offline(uint64_t generation)
{
    uint64_t code, asked;

    if (state_is("switch", generation, "hold"))
        return "held back until somebody puts it online";
    if (state_is("switch", generation, "offline"))
        return "taken offline by somebody";
    if (read_state("request", &asked) != NULL && asked == generation)
        return "preonline was asked for";
    if (!read_result(generation, "preonline", &code))
        return "the check URL has not answered, or preonline still runs";
    if (code == EXIT_TIMEOUT)
        return "preonline took too long";
    return code ? "preonline failed" : "preonline succeeded, and its online file is not there";
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
        fail(EXIT_FAILURE, "offline: the container has not started");
    if (has_ended(generation))
        fail(EXIT_FAILURE, "offline: its program has ended");
    if (!state_is("online", generation, ""))
        fail(EXIT_FAILURE, "offline: %s", why_offline(generation));
    say("online (generation %" PRIu64 ")", generation);
    return 0;
}
