/* Users of the image, as files of its /etc have them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct user {
    const char *name, *home, *shell; /* NULL or "": not said */
    uid_t id;
    gid_t group;
};

/* Takes the first of that name, or number, from the lines of a passwd file, which it cuts up. A number need not be there. */
bool find_user(char *lines, const char *wanted, struct user *user);

/* Of the lines of a group file, which it cuts up: the first `most` that list the user. Returns how many there are. */
size_t find_groups(char *lines, const char *user, size_t most, gid_t groups[]);

/* Makes this process that user, with its groups and HOME. Explains and ends where it cannot. */
void become_user(const char *wanted);
