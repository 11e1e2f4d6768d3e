/* The folder in /run where the start and the program's service meet. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../launch/launch.h"
#include "../launch/state.h"
#include "machine.h"

static void empty(int directory, dev_t device);

/* What is mounted below /run, such as a token, is another device's, or busy; it and the folders above it stay. */
static void take_away(int directory, const char *name, dev_t device)
{
    struct stat about;
    int inner;

    if (fstatat(directory, name, &about, AT_SYMLINK_NOFOLLOW) != 0 || about.st_dev != device)
        return;
    if (!S_ISDIR(about.st_mode)) {
        unlinkat(directory, name, 0);
        return;
    }
    inner = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (inner < 0)
        return;
    empty(inner, device);
    unlinkat(directory, name, AT_REMOVEDIR);
}

/* Closes the directory. */
static void empty(int directory, dev_t device)
{
    DIR *list = fdopendir(directory);
    struct dirent *entry;

    if (list == NULL) {
        close(directory);
        return;
    }
    while ((entry = readdir(list)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            take_away(dirfd(list), entry->d_name, device);
    closedir(list);
}

/* The volume outlives the container; what services of the one before left there would lie to those of this one. */
static void empty_mount(const char *path)
{
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat about;

    if (directory < 0 || fstat(directory, &about) != 0)
        fail(EXIT_SYSTEM, "cannot open %s: %s", path, strerror(errno));
    empty(directory, about.st_dev);
}

/* Without rights to mount anything systemd starts only where somebody has mounted these before. */
static void prove_mount(const char *path, const char *parent)
{
    struct stat own, above;

    if (stat(path, &own) != 0 || stat(parent, &above) != 0 || own.st_dev == above.st_dev || access(path, W_OK) != 0)
        fail(EXIT_SYSTEM, "no volume that can be written is mounted at %s, which systemd needs: start this container with "
             "richpod.io/init: systemd, and not by hand", path);
}

void make_folder(void)
{
    prove_mount("/run", "/");
    prove_mount("/run/lock", "/run");
    empty_mount("/run/lock");
    empty_mount("/run");
    /* The kubelet lets everybody write into an empty volume: what systemd reads there, it does as root. */
    if (chown("/run", 0, 0) != 0 || chmod("/run", 0755) != 0 || chmod("/run/lock", 01777) != 0)
        fail(EXIT_SYSTEM, "cannot keep others from writing into /run: %s", strerror(errno));
    make_directory(FOLDER);
}

void make_directory(const char *path)
{
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        fail(EXIT_SYSTEM, "cannot make %s: %s", path, strerror(errno));
}

void make_link(const char *target, const char *path)
{
    if (symlink(target, path) != 0)
        fail(EXIT_SYSTEM, "cannot make %s: %s", path, strerror(errno));
}

FILE *open_file(const char *path, mode_t mode)
{
    int handle = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    FILE *file = handle < 0 ? NULL : fdopen(handle, "w");

    if (file == NULL)
        fail(EXIT_SYSTEM, "cannot make %s: %s", path, strerror(errno));
    return file;
}

void close_file(FILE *file, const char *path)
{
    if (ferror(file) || fclose(file) != 0)
        fail(EXIT_SYSTEM, "cannot write %s: %s", path, strerror(errno));
}

void write_file(const char *path, mode_t mode, const void *content, size_t size)
{
    FILE *file = open_file(path, mode);

    fwrite(content, 1, size, file);
    close_file(file, path);
}

bool leave_number(const char *path, unsigned number)
{
    char line[16];

    snprintf(line, sizeof line, "%u\n", number);
    return write_line(AT_FDCWD, path, line);
}

unsigned left_number(const char *path, unsigned otherwise)
{
    char line[LINE_SIZE];
    uint64_t number = 0;
    const char *end = read_line(AT_FDCWD, path, line) ? read_number(line, UINT_MAX, &number) : NULL;

    return end != NULL && *end == '\0' ? (unsigned)number : otherwise;
}
