/* The option that asks for a service. */
#include <string.h>

#include "../launch/launch.h"
#include "../launch/options.h"

static const char *const restarts[] = {[ALWAYS] = "always", [FAILED] = "on-failure", [NEVER] = "never"};

/* Copies what stands before the next colon; returns what follows that, NULL where it is longer or there is none. */
static const char *take(const char *at, char *part, size_t longest)
{
    size_t size = strcspn(at, ":");

    if (size > longest || at[size] == '\0')
        return NULL;
    memcpy(part, at, size);
    part[size] = '\0';
    return at + size + 1;
}

static bool is_name(const char *name)
{
    return *name != '\0' && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

/* Reads NAME:USER:RESTART:COUNT[:optional]. */
static void read_service(const char *value, struct service *service)
{
    uint64_t count = 0;
    size_t restart = 0;
    const char *at = take(value, service->name, LONGEST_NAME);

    at = at && is_name(service->name) ? take(at, service->user, LONGEST_USER) : NULL;
    at = at ? read_word(at, restarts, RESTARTS, &restart) : NULL;
    at = at ? read_number(at, MOST_WORDS, &count) : NULL;
    service->optional = at && strcmp(at, ":optional") == 0;
    if (at == NULL || (*at != '\0' && !service->optional) || count == 0)
        refuse_option("--service", value,
                      "write NAME:USER:RESTART:COUNT[:optional], then COUNT words; NAME is of at most 48 of a-z, 0-9 and -, USER "
                      "may be empty, RESTART is always, on-failure or never");
    service->restart = (enum restart)restart;
    service->count = (size_t)count;
}

static bool is_taken(const struct options *options, const char *name)
{
    for (size_t i = 0; i < options->services_size; i++)
        if (strcmp(options->services[i].name, name) == 0)
            return true;
    return false;
}

char **add_service(struct options *options, char **value)
{
    struct service *service = &options->services[options->services_size];

    if (options->services_size == MOST_SERVICES)
        refuse_option("--service", *value, "too many services");
    read_service(*value, service);
    if (is_taken(options, service->name))
        refuse_option("--service", *value, "two services have this name");
    service->argv = value + 1;
    options->services_size++;
    return pass_words("--service", value, service->count);
}
