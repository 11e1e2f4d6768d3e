/* A file of one line, where others write too: it appears whole or not at all, leads nowhere else, and is believed nothing. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launch.h"
#include "life.h"

bool read_line(int directory, const char *path, char line[static LINE_SIZE])
{
    int file = openat(directory, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat about;
    ssize_t size = 0;

    if (file < 0)
        return false;
    if (fstat(file, &about) == 0 && S_ISREG(about.st_mode) && about.st_size < LINE_SIZE)
        size = read(file, line, LINE_SIZE);
    close(file);
    if (size < 1 || size == LINE_SIZE || memchr(line, '\0', (size_t)size) != NULL)
        return false;
    if (memchr(line, '\n', (size_t)size) != line + size - 1)
        return false;
    line[size - 1] = '\0';
    return true;
}

/* Writes the whole of `line` into a file that was not there. */
static bool create(int directory, const char *path, const char *line)
{
    ssize_t size = (ssize_t)strlen(line);
    int file = openat(directory, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    bool written;
    int error;

    if (file < 0)
        return false;
    errno = ENOSPC; /* what a short write means */
    /* Whatever the umask is: the other side reads it as another user. */
    written = fchmod(file, 0644) == 0 && write(file, line, (size_t)size) == size;
    error = errno;
    if (close(file) != 0)
        return false;
    errno = error;
    return written;
}

/* Also an empty directory, which somebody may have put there. A read-only volume refuses even where there is nothing. */
static bool unlink_any(int directory, const char *path)
{
    struct stat about;
    int error;

    if (unlinkat(directory, path, 0) == 0 || (errno == EISDIR && unlinkat(directory, path, AT_REMOVEDIR) == 0))
        return true;
    error = errno;
    if (fstatat(directory, path, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return true;
    errno = error;
    return false;
}

/* The same trouble, which may come with each look, is told once, until something is written again. */
static void complain(const char *what, const char *path, int error)
{
    static int told;
    char shown[QUOTED_SIZE];

    if (error != 0 && error != told)
        say("cannot %s %s: %s", what, quote(shown, path), strerror(error));
    told = error;
}

/* A folder in its place has to go first; one that is not empty stays. */
static bool replace(int directory, const char *fresh, const char *path)
{
    if (renameat(directory, fresh, directory, path) == 0)
        return true;
    return errno == EISDIR && unlinkat(directory, path, AT_REMOVEDIR) == 0 && renameat(directory, fresh, directory, path) == 0;
}

bool write_line(int directory, const char *path, const char *line)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char fresh[PATH_MAX];
    int error = 0;

    if (snprintf(fresh, sizeof fresh, "%.*s.%s.new", (int)(name - path), path, name) >= (int)sizeof fresh) {
        complain("write", path, ENAMETOOLONG);
        return false;
    }
    unlink_any(directory, fresh);
    if (!create(directory, fresh, line) || !replace(directory, fresh, path)) {
        error = errno;
        unlink_any(directory, fresh);
    }
    complain("write", path, error);
    return error == 0;
}

void remove_line(int directory, const char *path)
{
    if (!unlink_any(directory, path))
        complain("remove", path, errno);
}
