/* How the program was to be started, byte for byte, from the container's first process to the service that starts it. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../launch/launch.h"
#include "machine.h"

#define WORDS FOLDER "/argv"
#define ENVIRONMENT FOLDER "/environ"
#define PROCESS FOLDER "/process"

/* As the process had them; written and read by this one binary. */
struct process {
    char folder[PATH_MAX];
    mode_t umask;
    enum init init;
    gid_t group, groups[NGROUPS_MAX];
    int size;
};

static struct process process;

/* Each word and its NUL. The kernel has them one behind the other, but nobody promises that they stay so. */
static void keep_words(const char *path, char *const words[])
{
    FILE *file = open_file(path, 0600);

    for (; *words != NULL; words++)
        fwrite(*words, 1, strlen(*words) + 1, file);
    close_file(file, path);
}

static mode_t own_umask(void)
{
    mode_t found = umask(0);

    umask(found);
    return found;
}

void keep(enum init init, char *const words[])
{
    keep_words(WORDS, words);
    keep_words(ENVIRONMENT, environ);
    process.init = init;
    process.umask = own_umask();
    process.group = getgid();
    process.size = getgroups(NGROUPS_MAX, process.groups);
    if (process.size < 0 || getcwd(process.folder, sizeof process.folder) == NULL)
        fail(EXIT_SYSTEM, "cannot tell how the program is to be started: %s", strerror(errno));
    write_file(PROCESS, 0600, &process, sizeof process);
}

/* The whole file and a NUL; its size without that one into `size`. */
static char *content(const char *path, size_t *size)
{
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct stat about;
    char *found;

    if (file < 0 || fstat(file, &about) != 0)
        fail(EXIT_SYSTEM, "cannot read %s: %s", path, strerror(errno));
    *size = (size_t)about.st_size;
    found = calloc(*size + 1, 1);
    if (found == NULL || read(file, found, *size) != (ssize_t)*size)
        fail(EXIT_SYSTEM, "cannot read %s: %s", path, found ? strerror(errno) : "no memory");
    close(file);
    return found;
}

static char **take_words(const char *path)
{
    size_t size, count = 0, at = 0;
    char *text = content(path, &size);
    char **words;

    for (size_t i = 0; i < size; i++)
        count += text[i] == '\0';
    words = calloc(count + 1, sizeof *words);
    if (words == NULL)
        fail(EXIT_SYSTEM, "cannot read %s: no memory", path);
    for (size_t i = 0; i < size; i += strlen(text + i) + 1)
        words[at++] = text + i;
    return words;
}

static void read_process(void)
{
    size_t size;
    char *found = content(PROCESS, &size);

    if (size != sizeof process)
        fail(EXIT_SYSTEM, "%s holds something else", PROCESS);
    memcpy(&process, found, sizeof process);
    free(found);
}

enum init kept_init(void)
{
    read_process();
    return process.init;
}

/* A container without rights may not even set what it has. */
static bool has_groups(void)
{
    static gid_t groups[NGROUPS_MAX];

    return getgid() == process.group && getgroups(NGROUPS_MAX, groups) == process.size &&
           memcmp(groups, process.groups, (size_t)process.size * sizeof *groups) == 0;
}

char **take_kept(void)
{
    read_process();
    umask(process.umask);
    if (!has_groups() && (setgroups((size_t)process.size, process.groups) != 0 || setgid(process.group) != 0))
        fail(EXIT_SYSTEM, "cannot take the program's groups: %s", strerror(errno));
    if (chdir(process.folder) != 0)
        fail(EXIT_SYSTEM, "cannot enter the program's folder: %s", strerror(errno));
    environ = take_words(ENVIRONMENT);
    return take_words(WORDS);
}
