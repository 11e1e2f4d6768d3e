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
#include <sys/xattr.h>
#include <unistd.h>

#include "launch.h"

#define FRESH ".richpod-fill"

enum { BLOCK = 1 << 16, LONGEST_NAMES = 1 << 12, DEEPEST = 512, INTERVAL = 10000 /* ms */ };

static void copy_below(int from, int to, const char *name, unsigned depth);

static struct copied done;
static int64_t told; /* when, of how far it is */

static _Noreturn void give_up(const char *name)
{
    char shown[QUOTED_SIZE];
    int reason = errno;

    fail(EXIT_SYSTEM, "cannot copy %s into the volume: %s", quote(shown, name), strerror(reason));
}

static int open_folder(int parent, const char *name)
{
    int folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (folder < 0)
        give_up(name);
    return folder;
}

/* Whoever waits for much sees that it goes on. */
static void tell(uint64_t bytes)
{
    done.bytes += bytes;
    if (told == 0)
        told = now();
    if (now() - told < INTERVAL)
        return;
    told = now();
    say("copying into the volume: %llu files, %llu MiB", (unsigned long long)done.files, (unsigned long long)(done.bytes >> 20));
}

static void copy_content(int from, int to, const char *name)
{
    static char block[BLOCK];
    ssize_t size;

    while ((size = read(from, block, sizeof block)) > 0) {
        for (ssize_t at = 0, wrote; at < size; at += wrote)
            if ((wrote = write(to, block + at, (size_t)(size - at))) < 0)
                give_up(name);
        tell((uint64_t)size);
    }
    if (size < 0)
        give_up(name);
}

/* Capabilities of programs, access lists. A file system that has none takes none. */
static void copy_attributes(int from, int to, const char *name)
{
    static char names[LONGEST_NAMES], value[BLOCK];
    ssize_t size = flistxattr(from, names, sizeof names);

    for (ssize_t at = 0; at < size; at += (ssize_t)strlen(names + at) + 1) {
        ssize_t length = fgetxattr(from, names + at, value, sizeof value);

        if (length >= 0 && fsetxattr(to, names + at, value, (size_t)length, 0) != 0 && errno != ENOTSUP && errno != EPERM)
            give_up(name);
    }
}

/* Its owner first: a change of owner takes set-user-ID away. Who may not give files away keeps them. */
static void copy_owner(int to, const struct stat *about, const char *name)
{
    const struct timespec times[2] = {about->st_atim, about->st_mtim};

    if (fchown(to, about->st_uid, about->st_gid) != 0 && errno != EPERM)
        give_up(name);
    if (fchmod(to, about->st_mode & 07777) != 0 || futimens(to, times) != 0)
        give_up(name);
}

static void copy_file(int from, int to, const char *name, const struct stat *about)
{
    int source = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), copy;

    unlinkat(to, FRESH, 0);
    copy = openat(to, FRESH, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (source < 0 || copy < 0)
        give_up(name);
    copy_content(source, copy, name);
    copy_attributes(source, copy, name);
    copy_owner(copy, about, name);
    /* Of a machine that loses its power as of a process that is killed: no name without its content. */
    if (fsync(copy) != 0 || close(copy) != 0 || renameat(to, FRESH, to, name) != 0)
        give_up(name);
    close(source);
    done.files++;
}

static void copy_link(int from, int to, const char *name, const struct stat *about)
{
    static char target[BLOCK];
    ssize_t size = readlinkat(from, name, target, sizeof target - 1);

    if (size < 0)
        give_up(name);
    target[size] = '\0';
    unlinkat(to, FRESH, 0);
    if (symlinkat(target, to, FRESH) != 0 ||
        (fchownat(to, FRESH, about->st_uid, about->st_gid, AT_SYMLINK_NOFOLLOW) != 0 && errno != EPERM) ||
        renameat(to, FRESH, to, name) != 0)
        give_up(name);
}

/* What an earlier start has copied is there as it was made. */
static bool is_copied(int to, const char *name, const struct stat *about)
{
    struct stat there;

    return fstatat(to, name, &there, AT_SYMLINK_NOFOLLOW) == 0 && (there.st_mode & S_IFMT) == (about->st_mode & S_IFMT);
}

/* Sockets and FIFOs are made by whoever listens, devices by nobody in a container. */
static void copy_entry(int from, int to, const char *name, unsigned depth)
{
    struct stat about;

    if (fstatat(from, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        give_up(name);
    if (S_ISDIR(about.st_mode))
        copy_below(open_folder(from, name), to, name, depth + 1);
    else if (S_ISREG(about.st_mode) && !is_copied(to, name, &about))
        copy_file(from, to, name, &about);
    else if (S_ISLNK(about.st_mode) && !is_copied(to, name, &about))
        copy_link(from, to, name, &about);
}

static void copy_entries(int from, int to, const char *name, unsigned depth)
{
    DIR *list = fdopendir(dup(from));
    struct dirent *entry;

    if (list == NULL)
        give_up(name);
    for (errno = 0; (entry = readdir(list)) != NULL; errno = 0)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            copy_entry(from, to, entry->d_name, depth);
    if (errno != 0)
        give_up(name);
    closedir(list);
}

/* Its own mode and times come last: files are made in it before. Closes the folder that it copies. */
static void copy_below(int from, int to, const char *name, unsigned depth)
{
    struct stat about;
    int copy;

    if (depth > DEEPEST) {
        errno = ELOOP;
        give_up(name);
    }
    if (mkdirat(to, name, 0700) != 0 && errno != EEXIST)
        give_up(name);
    copy = open_folder(to, name);
    if (fstat(from, &about) != 0)
        give_up(name);
    copy_entries(from, copy, name, depth);
    unlinkat(copy, FRESH, 0);
    copy_attributes(from, copy, name);
    copy_owner(copy, &about, name);
    if (fsync(copy) != 0)
        give_up(name);
    close(from);
    close(copy);
}

struct copied copy_folder(int from, int to, const char *name)
{
    copy_below(from, to, name, 0);
    return done;
}
