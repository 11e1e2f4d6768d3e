/* The options before `--`. */
#include <signal.h>
#include <string.h>

#include "launch.h"
#include "options.h"

enum { LONGEST_SECONDS = 86400, LAST_SIGNAL = 64, LAST_PORT = 65535 };

static const char *const kinds[] = {
    [PRESTART] = "prestart", [PREONLINE] = "preonline", [POSTOFFLINE] = "postoffline", [POSTSTOP] = "poststop",
};

const char *kind_name(enum kind kind)
{
    return kinds[kind];
}

static int stop_signal(const char *option, const char *value)
{
    int signal = (int)option_number(option, value, 1, LAST_SIGNAL);

    if (signal == SIGKILL || signal == SIGSTOP || signal == SIGCHLD)
        refuse_option(option, value, "no program can be stopped by this signal");
    return signal;
}

static const char *absolute(const char *option, const char *value)
{
    size_t length = strlen(value);

    if (value[0] != '/' || value[length - 1] == '/')
        refuse_option(option, value, "write an absolute path that does not end with /");
    return value;
}

/* Reads KIND:SECONDS:COUNT[:optional]. */
static void read_hook(const char *value, struct hook *hook)
{
    uint64_t seconds = 0, count = 0;
    size_t kind;
    const char *at = read_word(value, kinds, KINDS, &kind);

    at = at ? read_number(at, LONGEST_SECONDS, &seconds) : NULL;
    at = at && *at == ':' ? read_number(at + 1, MOST_WORDS, &count) : NULL;
    hook->optional = at && strcmp(at, ":optional") == 0;
    if (at == NULL || (*at != '\0' && !hook->optional) || seconds == 0 || count == 0)
        refuse_option("--hook", value,
                      "write KIND:SECONDS:COUNT[:optional], then COUNT words; KIND is prestart, preonline, postoffline or poststop");
    hook->kind = (enum kind)kind;
    hook->seconds = (unsigned)seconds;
    hook->count = (size_t)count;
}

/* Returns the word after those of the hook. */
static char **add_hook(struct options *options, char **value)
{
    struct hook *hook = &options->hooks[options->size];

    if (options->size == MOST_HOOKS)
        refuse_option("--hook", *value, "too many hooks");
    read_hook(*value, hook);
    hook->argv = value + 1;
    options->size++;
    return pass_words("--hook", value, hook->count);
}

/* Returns whether `option`, with its value, is one of those that are given at most once. */
static bool set(struct options *options, const char *option, const char *value)
{
    if (strcmp(option, "--by-architecture") == 0 && options->architectures == NULL)
        options->architectures = value;
    else if (strcmp(option, "--state") == 0 && options->state == NULL)
        options->state = absolute(option, value);
    else if (strcmp(option, "--online-file") == 0 && options->online_file == NULL)
        options->online_file = absolute(option, value);
    else if (strcmp(option, "--drain") == 0 && options->drain == 0)
        options->drain = option_number(option, value, 0, LONGEST_SECONDS);
    else if (strcmp(option, "--stop") == 0 && options->stop == 0)
        options->stop = option_number(option, value, 1, LONGEST_SECONDS);
    else if (strcmp(option, "--stop-signal") == 0 && options->stop_signal == 0)
        options->stop_signal = stop_signal(option, value);
    else if (strcmp(option, "--java-debug") == 0 && options->java_debug == 0)
        options->java_debug = option_number(option, value, 1, LAST_PORT);
    else
        return false;
    return true;
}

static bool alone(const struct options *options)
{
    return options->state == NULL &&
           (options->size || options->services_size || options->online_file || options->drain || options->stop ||
            options->stop_signal || options->hold);
}

char **read_options(struct options *options, char **words)
{
    while (words[0] != NULL && strcmp(words[0], "--") != 0) {
        if (strcmp(words[0], "--hold") == 0 && !options->hold) {
            options->hold = true;
            words++;
        } else if (strcmp(words[0], "--hook") == 0 && words[1] != NULL) {
            words = add_hook(options, words + 1);
        } else if (strcmp(words[0], "--service") == 0 && words[1] != NULL) {
            words = add_service(options, words + 1);
        } else if (words[1] != NULL && set(options, words[0], words[1])) {
            words += 2;
        } else {
            return NULL;
        }
    }
    if (words[0] == NULL || words[1] == NULL || alone(options))
        return NULL;
    /* Their words end where an option stands that has been read. */
    for (size_t i = 0; i < options->size; i++)
        options->hooks[i].argv[options->hooks[i].count] = NULL;
    for (size_t i = 0; i < options->services_size; i++)
        options->services[i].argv[options->services[i].count] = NULL;
    return words + 1;
}
