/* Users as the image's /etc/passwd and /etc/group have them: a static program cannot ask the image's libc. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../launch/launch.h"
#include "user.h"

enum { LARGEST_FILE = 1 << 20 };

static bool read_id(const char *text, uint32_t *id)
{
    uint64_t value;
    const char *end = text ? read_number(text, UINT32_MAX - 1, &value) : NULL;

    if (end == NULL || *end != '\0')
        return false;
    *id = (uint32_t)value;
    return true;
}

bool find_user(char *lines, const char *wanted, struct user *user)
{
    char *line;
    uint32_t number;
    bool by_number = read_id(wanted, &number);

    while ((line = strsep(&lines, "\n")) != NULL) {
        user->name = strsep(&line, ":");
        strsep(&line, ":"); /* password */
        if (!read_id(strsep(&line, ":"), &user->id) || !read_id(strsep(&line, ":"), &user->group) || *user->name == '\0')
            continue;
        strsep(&line, ":"); /* comment */
        user->home = strsep(&line, ":");
        user->shell = strsep(&line, ":");
        if (by_number ? user->id == number : strcmp(user->name, wanted) == 0)
            return true;
    }
    /* As container runtimes have it. */
    *user = (struct user){.name = wanted, .id = number};
    return by_number;
}

size_t find_groups(char *lines, const char *user, size_t most, gid_t groups[])
{
    size_t size = 0;
    char *line;

    while (size < most && (line = strsep(&lines, "\n")) != NULL) {
        const char *member;

        strsep(&line, ":"); /* name */
        strsep(&line, ":"); /* password */
        if (!read_id(strsep(&line, ":"), &groups[size]))
            continue;
        while ((member = strsep(&line, ",")) != NULL)
            if (strcmp(member, user) == 0) {
                size++;
                break;
            }
    }
    return size;
}

/* "" where it is no file. What is beyond the limit is not there. */
static char *read_whole(const char *path, char content[static LARGEST_FILE + 1])
{
    int file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat about;
    size_t filled = 0;
    ssize_t size;

    if (file >= 0 && fstat(file, &about) == 0 && S_ISREG(about.st_mode))
        while (filled < LARGEST_FILE && (size = read(file, content + filled, LARGEST_FILE - filled)) > 0)
            filled += (size_t)size;
    content[filled] = '\0';
    if (file >= 0)
        close(file);
    return content;
}

static void set(const char *name, const char *value)
{
    if (setenv(name, value, 1) != 0)
        fail(EXIT_SYSTEM, "cannot set %s: %s", name, strerror(errno));
}

void become_user(const char *wanted)
{
    static char users[LARGEST_FILE + 1], members[LARGEST_FILE + 1];
    static gid_t groups[NGROUPS_MAX];
    char shown[QUOTED_SIZE];
    struct user user;
    size_t size;

    if (!find_user(read_whole("/etc/passwd", users), wanted, &user))
        fail(EXIT_NOT_EXECUTABLE, "the image has no user %s in its /etc/passwd", quote(shown, wanted));
    if (user.id == geteuid())
        return;
    /* What it prints to /dev/stdout it opens anew: as container runtimes have it. */
    (void)!fchown(STDOUT_FILENO, user.id, (gid_t)-1);
    groups[0] = user.group;
    size = 1 + find_groups(read_whole("/etc/group", members), user.name, NGROUPS_MAX - 1, groups + 1);
    if (setgroups(size, groups) != 0 || setgid(user.group) != 0 || setuid(user.id) != 0)
        fail(EXIT_NOT_EXECUTABLE, "cannot become user %s: %s: the container must run as root, with the capabilities SETUID and "
             "SETGID", quote(shown, wanted), strerror(errno));
    set("HOME", user.home && *user.home ? user.home : "/");
    set("USER", user.name);
    set("LOGNAME", user.name);
    set("SHELL", user.shell && *user.shell ? user.shell : "/bin/sh");
}
