/* What the words before `--` ask for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { MOST_HOOKS = 64, MOST_SERVICES = 32, LONGEST_NAME = 48, LONGEST_USER = 64, MOST_WORDS = 65535 };

enum kind { PRESTART, PREONLINE, POSTOFFLINE, POSTSTOP, KINDS };

struct hook {
    enum kind kind;
    unsigned seconds;
    bool optional;
    char **argv;
    size_t count;
};

/* When a service that has ended is started again; FAILED: after another code than 0. */
enum restart { ALWAYS, FAILED, NEVER, RESTARTS };

struct service {
    char name[LONGEST_NAME + 1], user[LONGEST_USER + 1]; /* user "": the container's own */
    enum restart restart;
    bool optional;
    char **argv;
    size_t count;
};

struct options {
    const char *architectures, *state, *online_file; /* NULL: not given */
    unsigned drain, stop;                            /* seconds; stop 0: never KILL */
    int stop_signal;                                 /* 0: none besides those that always are */
    bool hold;
    unsigned java_debug; /* port; 0: none */
    size_t size, services_size;
    struct hook hooks[MOST_HOOKS];
    struct service services[MOST_SERVICES];
};

/* Reads `words` up to `--`; returns what stands behind, NULL where that is no usage. Explains and ends at a wrong value. */
char **read_options(struct options *options, char **words);
const char *kind_name(enum kind kind);

/* ../service/option.c */

/* Reads one service, whose value `value` points at; returns the word after its own. Explains and ends at a wrong one. */
char **add_service(struct options *options, char **value);
