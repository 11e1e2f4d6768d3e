/* One file of a folder that is copied: what is in it, whose it is, and what else it has. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "copy.h"

enum { BLOCK = 1 << 16, LONGEST_NAMES = 1 << 12 };

/* Up to `end`, or where the file ends if somebody makes it shorter. */
static void copy_bytes(int from, int to, const char *name, off_t at, off_t end)
{
    static char block[BLOCK];
    ssize_t size, wrote;

    for (; at < end; at += wrote) {
        size = pread(from, block, end - at < BLOCK ? (size_t)(end - at) : BLOCK, at);
        if (size == 0)
            return;
        if (size < 0 || (wrote = pwrite(to, block, (size_t)size, at)) < 0)
            give_up(name);
        tell((uint64_t)wrote);
    }
}

/* A hole stays one: databases and records of logins have large ones. Where the file system knows of none, all is data. */
static void copy_content(int from, int to, const char *name, off_t size)
{
    off_t data, end;

    for (off_t at = 0; at < size; at = end) {
        data = lseek(from, at, SEEK_DATA);
        if (data < 0 && errno == ENXIO)
            break;
        end = data < 0 ? size : lseek(from, data, SEEK_HOLE);
        if (end <= data)
            end = size;
        copy_bytes(from, to, name, data < 0 ? at : data, end);
    }
    if (ftruncate(to, size) != 0)
        give_up(name);
}

/* Labels of SELinux are the volume's own, and what overlays note means nothing elsewhere. */
static bool belongs_to_files(const char *attribute)
{
    static const char *const kept[] = {"user.", "system.posix_acl_", "security.capability"};

    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (strncmp(attribute, kept[i], strlen(kept[i])) == 0)
            return true;
    return false;
}

/* What the volume gives each new file of its own accord would let others in whom the original keeps out. */
static void drop_lists(int to, const char *name)
{
    static const char *const lists[] = {"system.posix_acl_access", "system.posix_acl_default"};

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (fremovexattr(to, lists[i]) != 0 && fgetxattr(to, lists[i], NULL, 0) >= 0)
            give_up(name);
}

/* A file system that has none takes none. */
static void copy_attributes(int from, int to, const char *name)
{
    static char names[LONGEST_NAMES], value[BLOCK];
    ssize_t size = flistxattr(from, names, sizeof names), length;

    for (const char *at = names; at < names + size; at += strlen(at) + 1)
        if (belongs_to_files(at) && (length = fgetxattr(from, at, value, sizeof value)) >= 0 &&
            fsetxattr(to, at, value, (size_t)length, 0) != 0 && errno != ENOTSUP && errno != EPERM)
            give_up(name);
}

bool is_kept(int error)
{
    return error == EPERM || error == EINVAL;
}

/*
 * The owner first: a change of owner takes capabilities and set-user-ID away. Who may not give files away keeps them, and lends
 * nobody its own rights by them. The mode after the attributes, which who may not write cannot set.
 */
void copy_about(int from, int to, const char *name, const struct stat *about)
{
    const struct timespec times[2] = {about->st_atim, about->st_mtim};
    mode_t mode = about->st_mode & 07777;

    if (fchown(to, about->st_uid, about->st_gid) != 0) {
        if (!is_kept(errno))
            give_up(name);
        mode &= ~(mode_t)(S_ISUID | S_ISGID);
    }
    drop_lists(to, name);
    copy_attributes(from, to, name);
    if (fchmod(to, mode) != 0 || futimens(to, times) != 0)
        give_up(name);
}

void copy_file(int from, int to, const char *name, const struct stat *about)
{
    int copy;

    unlinkat(to, FRESH, 0);
    copy = openat(to, FRESH, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (copy < 0)
        give_up(name);
    copy_content(from, copy, name, about->st_size);
    copy_about(from, copy, name, about);
    if (close(copy) != 0 || renameat(to, FRESH, to, name) != 0)
        give_up(name);
    close(from);
}
