/* What the words before `--` ask for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { MOST_HOOKS = 64 };

enum kind { PRESTART, PREONLINE, POSTOFFLINE, POSTSTOP, KINDS };

struct hook {
    enum kind kind;
    unsigned seconds;
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
    size_t size;
    struct hook hooks[MOST_HOOKS];
};

/* Reads `words` up to `--`; returns what stands behind, NULL where that is no usage. Explains and ends at a wrong value. */
char **read_options(struct options *options, char **words);
const char *kind_name(enum kind kind);
