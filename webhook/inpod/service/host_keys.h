/* The keys by which sshd proves which machine this is. */
#pragma once

#include <limits.h>

enum { HOST_KEYS = 2 };

/* host_keys.c */

/* Their files, "" where there is none of a kind. */
extern char host_keys[HOST_KEYS][PATH_MAX];

/* Makes those that are not there. Explains and ends where none is to be had. */
void make_host_keys(const char *folder);
