/*
 * probe: the liveness probe of a program that may be debugged. It is healthy while it answers a GET as the kubelet would ask it,
 * and also while a debugger is attached, which may hold all its threads.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REASON_SIZE = 128, MOST_HEADERS = 64 };

/* debugger.c */

/* Whether a living process holds a connection at this port of 127.0.0.1; else writes why not. */
bool is_debugged(unsigned port, char reason[static REASON_SIZE]);

/* http.c */

struct question {
    unsigned port, milliseconds;
    const char *path;
    const char *headers[MOST_HEADERS]; /* NAME: VALUE */
    size_t size;
};

/* Whether the answer's status is 200 to 399, and came in time; else writes what is wrong. */
bool answers(const struct question *question, char reason[static REASON_SIZE]);

/* connect.c */

enum { HOST_SIZE = 56 }; /* the longest address of IPv6, in brackets, and a port */

/* False, with errno, where the moment `until` comes first. */
bool await(int connection, short event, int64_t until);

/*
 * Returns a connection that does not block, to the first of this pod's own addresses that takes one; -1, with errno, where none
 * does. The kubelet asks at the pod's address: those of the loopback device come last. Writes the `host` of its URL.
 */
int connect_here(unsigned port, int64_t until, char host[static HOST_SIZE]);
