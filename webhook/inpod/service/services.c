/* Services: programs beside the container's own. Each has a keeper, so that none of them ever holds the launcher up. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "../launch/launch.h"
#include "../launch/life.h"

enum { PATIENCE = 3500 }; /* ms; keepers need a little less */

static pid_t start_keeper(const struct life *life, const struct service *service)
{
    pid_t launcher = getpid(), keeper = fork();

    if (keeper < 0)
        say("service %s: cannot create a process: %s (a limit on processes?)", service->name, strerror(errno));
    /* Here too, so that it is apart at once. */
    if (keeper > 0)
        setpgid(keeper, 0);
    if (keeper != 0)
        return keeper > 0 ? keeper : 0;
    keep_service(life, service, launcher);
}

void start_services(struct life *life)
{
    const struct options *options = life->options;

    /* What is told of services of an earlier start, which may have had others. */
    remove_states(SERVICE_FILE);
    for (size_t i = 0; i < options->services_size; i++)
        if (!options->services[i].optional || is_there(*options->services[i].argv))
            life->keepers[i] = start_keeper(life, &options->services[i]);
}

/* Returns whether there is any. */
static bool signal_keepers(const struct life *life, int number)
{
    bool any = false;

    for (size_t i = 0; i < MOST_SERVICES; i++) {
        if (life->keepers[i] == 0)
            continue;
        any = true;
        if (number != 0 && kill(life->keepers[i], number) != 0)
            say("signal %d does not reach a service's keeper: %s", number, strerror(errno));
    }
    return any;
}

void end_services(struct life *life)
{
    int64_t limit = now() + PATIENCE;
    bool hurried = false;

    signal_keepers(life, SIGTERM);
    while (signal_keepers(life, life->hurry && !hurried ? SIGINT : 0) && now() < limit) {
        hurried = life->hurry;
        watch(life, limit);
    }
}
