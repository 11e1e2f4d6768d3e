/* What the keeper of one service knows of it. */
#pragma once

#include <limits.h>

#include "../launch/life.h"

struct keeper {
    const struct service *service;
    struct life life; /* of its own: what runs there is its hook */
    uint64_t starts;
    bool begun; /* the last time it did become the program */
    char file[sizeof SERVICE_FILE + LONGEST_NAME];
    char said[PIPE_BUF]; /* what was last said of it, "" once it has run for long */
};

/* service.c */

/* Runs it once, to its end or until the keeper is told to stop; returns its code. */
int run_service(struct keeper *keeper);

/* Says it of the service; the same trouble, with each start, once. */
__attribute__((format(printf, 2, 3))) void remark(struct keeper *keeper, const char *format, ...);
