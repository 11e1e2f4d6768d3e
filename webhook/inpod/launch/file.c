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

/* The files of the state directory and the online file; ms from one sentence of a file to the next. */
enum { PLACES = 8, QUIET = 60000 / PACE };

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

static bool is_file_or_link(const struct stat *about)
{
    return S_ISREG(about->st_mode) || S_ISLNK(about->st_mode);
}

bool is_file(int directory, const char *path)
{
    struct stat about;

    return fstatat(directory, path, &about, AT_SYMLINK_NOFOLLOW) == 0 && is_file_or_link(&about);
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

/*
 * In the state directory all is the launcher's. Elsewhere somebody chose the path, perhaps by mistake: only a file, or a link, goes.
 * Sets errno where it does not.
 */
static bool may_go(int directory, const char *path)
{
    struct stat about;

    if (directory != AT_FDCWD || fstatat(directory, path, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return true;
    errno = S_ISDIR(about.st_mode) ? EISDIR : ENOTSUP;
    return is_file_or_link(&about);
}

/* Also an empty directory, which somebody may have put there. A read-only volume refuses even where there is nothing. */
static bool unlink_any(int directory, const char *path)
{
    struct stat about;
    int error;

    if (!may_go(directory, path))
        return false;
    if (unlinkat(directory, path, 0) == 0 || (errno == EISDIR && unlinkat(directory, path, AT_REMOVEDIR) == 0))
        return true;
    error = errno;
    if (fstatat(directory, path, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return true;
    errno = error;
    return false;
}

/* What was last told of a file: 0 once it is well again. */
struct trouble {
    const char *path;
    int error;
    int64_t quiet; /* the moment until which no more is told */
};

/* One more than there are would share the last. */
static struct trouble *trouble_with(const char *path)
{
    static struct trouble all[PLACES];
    size_t i = 0;

    while (i < PLACES - 1 && all[i].path != NULL && strcmp(all[i].path, path) != 0)
        i++;
    all[i].path = path;
    return &all[i];
}

/* Each look may meet trouble. The same is told once; where it changes, or comes and goes, one is told in a while. */
static void complain(const char *what, const char *path, int error)
{
    struct trouble *trouble = trouble_with(path);
    char shown[QUOTED_SIZE];

    if (error != 0 && (error == trouble->error || now() < trouble->quiet))
        return;
    trouble->error = error;
    if (error == 0)
        return;
    trouble->quiet = now() + QUIET;
    say("cannot %s %s: %s", what, quote(shown, path), strerror(error));
}

/* A folder in its place has to go first; one that is not empty stays. */
static bool replace(int directory, const char *fresh, const char *path)
{
    if (!may_go(directory, path))
        return false;
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
    complain("remove", path, unlink_any(directory, path) ? 0 : errno);
}
