/* `launch online` and `launch offline`: a person's wish, for this generation, from a process beside the launcher. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "launch.h"
#include "state.h"

enum { PAUSE = 100, LONGEST_WAIT = 60000 }; /* ms */

static void pause_shortly(void)
{
    const struct timespec time = {.tv_nsec = PAUSE * 1000000L};

    if (nanosleep(&time, NULL) != 0 && errno != EINTR)
        fail(EXIT_FAILURE, "cannot wait: %s", strerror(errno));
}

static void check(uint64_t generation)
{
    if (read_generation() != generation)
        fail(EXIT_FAILURE, "the container was started anew meanwhile: the wish is void");
    if (has_ended(generation))
        fail(EXIT_FAILURE, "the program has ended");
    if (state_is("running", generation, "stopping"))
        fail(EXIT_FAILURE, "the container is stopping");
}

static void wish_for(const char *verb, uint64_t generation)
{
    if (!write_state("switch", generation, " %s", verb))
        fail(EXIT_FAILURE, "the wish could not be told");
}

/* Where the program was held, the sidecar asks for preonline as soon as the program answers. */
static int wish_online(uint64_t generation)
{
    bool held = state_is("switch", generation, "hold"), asked = false;
    int64_t limit = now() + LONGEST_WAIT;
    uint64_t code, asking;

    wish_for("online", generation);
    if (!held && !state_is("online", generation, ""))
        asked = write_state("request", generation, " preonline");
    for (; now() < limit; pause_shortly()) {
        check(generation);
        if (state_is("online", generation, "")) {
            say("online");
            return 0;
        }
        if (asked && read_state("request", &asking) == NULL && read_result(generation, "preonline", &code) && code != 0)
            fail(EXIT_FAILURE, "not online: preonline ended with exit code %u%s", (unsigned)code, own_trouble(code));
    }
    fail(EXIT_FAILURE, "not online within %d s; it still comes online as soon as it can", LONGEST_WAIT / 1000);
}

static int wish_offline(uint64_t generation)
{
    uint64_t code;

    for (wish_for("offline", generation); !read_result(generation, "offline", &code); pause_shortly()) {
        check(generation);
        if (!state_is("switch", generation, "offline"))
            fail(EXIT_FAILURE, "somebody wants it online by now");
    }
    if (code != 0)
        fail(EXIT_FAILURE, "offline, but postoffline ended with exit code %u%s", (unsigned)code, own_trouble(code));
    say("offline");
    return 0;
}

int wish(const char *verb, const char *path)
{
    char shown[QUOTED_SIZE];
    uint64_t generation;

    leave_message();
    if (!open_state(path))
        fail(EXIT_FAILURE, "cannot open the state directory %s: %s", quote(shown, path), strerror(errno));
    generation = read_generation();
    if (generation == 0)
        fail(EXIT_FAILURE, "no launcher has begun in this state directory");
    check(generation);
    return strcmp(verb, "online") == 0 ? wish_online(generation) : wish_offline(generation);
}
