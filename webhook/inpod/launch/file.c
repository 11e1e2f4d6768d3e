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
    /* Whatever the umask is: the other side reads it as another user. */
    written = fchmod(file, 0644) == 0;
    errno = ENOSPC; /* what a short write means */
    written = written && write(file, line, (size_t)size) == size;
    error = errno;
    if (close(file) != 0)
        return false;
    errno = error;
    return written;
}

/* Also an empty directory, which somebody may have put there. */
static bool unlink_any(int directory, const char *path)
{
    return unlinkat(directory, path, 0) == 0 || errno == ENOENT || unlinkat(directory, path, AT_REMOVEDIR) == 0;
}

bool write_line(int directory, const char *path, const char *line)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char fresh[PATH_MAX], shown[QUOTED_SIZE];
    int error;

    if (snprintf(fresh, sizeof fresh, "%.*s.%s.new", (int)(name - path), path, name) >= (int)sizeof fresh) {
        say("cannot write %s: the path is too long", quote(shown, path));
        return false;
    }
    unlink_any(directory, fresh);
    if (create(directory, fresh, line) && renameat(directory, fresh, directory, path) == 0)
        return true;
    error = errno;
    unlink_any(directory, fresh);
    say("cannot write %s: %s", quote(shown, path), strerror(error));
    return false;
}

void remove_line(int directory, const char *path)
{
    char shown[QUOTED_SIZE];

    if (!unlink_any(directory, path))
        say("cannot remove %s: %s", quote(shown, path), strerror(errno));
}
