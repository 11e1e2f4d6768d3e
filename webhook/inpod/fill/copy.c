/*
 * A folder with all that is in it, copied so that it can go on after it was killed: each file appears by rename, whole.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copy.h"
#include "../launch/launch.h"

enum { LONGEST_LINK = 1 << 12, DEEPEST = 512 };

static void copy_below(int from, int to, const char *name, unsigned depth);

/* -1 of what this user may not read: the application, of the same user, could not either. */
static int open_original(int parent, const char *name, int kind)
{
    int file = openat(parent, name, O_RDONLY | kind | O_NOFOLLOW | O_CLOEXEC);

    if (file < 0 && errno != EACCES)
        give_up(name);
    copied.unreadable += file < 0;
    return file;
}

static void copy_link(int from, int to, const char *name, const struct stat *about)
{
    static char target[LONGEST_LINK];
    const struct timespec times[2] = {about->st_atim, about->st_mtim};
    ssize_t size = readlinkat(from, name, target, sizeof target - 1);

    if (size < 0)
        give_up(name);
    target[size] = '\0';
    unlinkat(to, FRESH, 0);
    if (symlinkat(target, to, FRESH) != 0 ||
        (fchownat(to, FRESH, about->st_uid, about->st_gid, AT_SYMLINK_NOFOLLOW) != 0 && !is_kept(errno)) ||
        utimensat(to, FRESH, times, AT_SYMLINK_NOFOLLOW) != 0 ||
        renameat(to, FRESH, to, name) != 0)
        give_up(name);
}

/* What an earlier start has copied is there as it was made; what a machine had not stored when it lost its power is shorter. */
static bool is_copied(int to, const char *name, const struct stat *about)
{
    struct stat there;

    return fstatat(to, name, &there, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(there.st_mode) && there.st_size == about->st_size &&
           there.st_mtim.tv_sec == about->st_mtim.tv_sec;
}

static void copy_regular(int from, int to, const char *name, const struct stat *about)
{
    if (!is_copied(to, name, about) && !link_noted(to, name, about)) {
        int source = open_original(from, name, 0);

        if (source < 0)
            return;
        copy_file(source, to, name, about);
    }
    note_link(to, name, about);
    copied.files++;
}

/* Sockets and FIFOs are made by whoever listens, devices by nobody in a container. */
static void copy_entry(int from, int to, const char *name, unsigned depth)
{
    struct stat about;

    if (fstatat(from, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        give_up(name);
    if (S_ISREG(about.st_mode)) {
        copy_regular(from, to, name, &about);
    } else if (S_ISLNK(about.st_mode)) {
        copy_link(from, to, name, &about);
    } else if (S_ISDIR(about.st_mode)) {
        int folder = open_original(from, name, O_DIRECTORY);

        if (folder >= 0)
            copy_below(folder, to, name, depth + 1);
    }
}

static void copy_entries(DIR *from, int to, const char *name, unsigned depth)
{
    struct dirent *entry;

    for (errno = 0; (entry = readdir(from)) != NULL; errno = 0)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            copy_entry(dirfd(from), to, entry->d_name, depth);
    if (errno != 0)
        give_up(name);
}

/* Its own mode and times come last: files are made in it before. Closes the folder that it copies. */
static void copy_below(int from, int to, const char *name, unsigned depth)
{
    DIR *list = fdopendir(from);
    struct stat about;
    int copy;

    if (depth > DEEPEST) {
        errno = ELOOP;
        give_up(name);
    }
    if (mkdirat(to, name, 0700) != 0 && errno != EEXIST)
        give_up(name);
    copy = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (list == NULL || copy < 0 || fstat(from, &about) != 0)
        give_up(name);
    copy_entries(list, copy, name, depth);
    unlinkat(copy, FRESH, 0);
    copy_about(from, copy, name, &about);
    closedir(list);
    close(copy);
}

void copy_folder(int from, int to, const char *name)
{
    begin_links(to);
    copy_below(from, to, name, 0);
    end_links(to);
}
