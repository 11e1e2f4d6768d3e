/* The init container's work: from the toolkit image into the volume that the other containers mount. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch.h"

static DIR *open_own_directory(void)
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self);
    DIR *directory;

    if (length < 0 || (size_t)length >= sizeof self)
        fail(EXIT_FAILURE, "cannot tell where this program lies: %s", length < 0 ? strerror(errno) : "too deep");
    self[length] = '\0';
    *strrchr(self, '/') = '\0';
    directory = opendir(*self ? self : "/");
    if (directory == NULL)
        fail(EXIT_FAILURE, "cannot read the toolkit's own directory: %s", strerror(errno));
    return directory;
}

static int open_target(const char *directory)
{
    char shown[QUOTED_SIZE];
    int root = open(directory, O_DIRECTORY | O_CLOEXEC);
    int bin;

    if (root < 0 || (mkdirat(root, "bin", 0755) != 0 && errno != EEXIST))
        fail(EXIT_FAILURE, "cannot write into the volume %s: %s", quote(shown, directory), strerror(errno));
    bin = openat(root, "bin", O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (bin < 0)
        fail(EXIT_FAILURE, "cannot open bin in the volume %s: %s", quote(shown, directory), strerror(errno));
    close(root);
    return bin;
}

static void copy_content(int from, int to, const char *name)
{
    static char block[1 << 16];
    ssize_t size;

    while ((size = read(from, block, sizeof block)) > 0)
        for (ssize_t done = 0; done < size;) {
            ssize_t written = write(to, block + done, (size_t)(size - done));

            if (written < 0)
                fail(EXIT_FAILURE, "cannot write %s into the volume: %s", name, strerror(errno));
            done += written;
        }
    if (size < 0)
        fail(EXIT_FAILURE, "cannot read %s of the toolkit: %s", name, strerror(errno));
}

/* By rename: whoever looks sees the old file or the new one, whole, and what an interrupted run left behind is replaced. */
static void copy(int from, int bin, const char *name)
{
    static const char fresh[] = ".new";
    int to;

    if (unlinkat(bin, fresh, 0) != 0 && errno != ENOENT)
        fail(EXIT_FAILURE, "cannot clear the volume: %s", strerror(errno));
    to = openat(bin, fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
    if (to < 0)
        fail(EXIT_FAILURE, "cannot create %s in the volume: %s", name, strerror(errno));
    copy_content(from, to, name);
    if (close(to) != 0 || renameat(bin, fresh, bin, name) != 0)
        fail(EXIT_FAILURE, "cannot finish %s in the volume: %s", name, strerror(errno));
}

static void copy_all(DIR *own, int bin)
{
    struct dirent *entry;

    for (errno = 0; (entry = readdir(own)) != NULL; errno = 0) {
        struct stat about;
        int from = openat(dirfd(own), entry->d_name, O_RDONLY | O_CLOEXEC);

        if (from < 0 || fstat(from, &about) != 0)
            fail(EXIT_FAILURE, "cannot open %s of the toolkit: %s", entry->d_name, strerror(errno));
        if (S_ISREG(about.st_mode))
            copy(from, bin, entry->d_name);
        close(from);
    }
    if (errno != 0)
        fail(EXIT_FAILURE, "cannot list the toolkit: %s", strerror(errno));
}

/* The launcher by its other name. */
static void link_init(int bin)
{
    if ((mkdirat(bin, "../sbin", 0755) != 0 && errno != EEXIST) ||
        (symlinkat("../bin/launch", bin, "../sbin/init") != 0 && errno != EEXIST))
        fail(EXIT_FAILURE, "cannot make sbin/init in the volume: %s", strerror(errno));
}

/* A hardened node mounts /var, and with it every emptyDir, noexec (trap 12): it must show here, not in the application. */
static void prove(const char *directory, int bin)
{
    char file[PATH_MAX], shown[QUOTED_SIZE], version[] = "version";
    char *const argv[] = {file, version, NULL};
    struct statvfs volume;
    int error, status;
    pid_t process;

    if (snprintf(file, sizeof file, "%s/bin/launch", directory) >= (int)sizeof file)
        fail(EXIT_FAILURE, "the path of the volume %s is too long", quote(shown, directory));
    error = posix_spawn(&process, file, NULL, NULL, argv, environ);
    if (error != 0 && fstatvfs(bin, &volume) == 0 && (volume.f_flag & ST_NOEXEC) != 0)
        fail(EXIT_FAILURE, "the volume %s is mounted noexec on this node, so no program in it can run: set toolkit: {delivery: "
             "image} in the policy of richpod, or let the volume be an emptyDir in memory", quote(shown, directory));
    if (error != 0)
        fail(EXIT_FAILURE, "the toolkit in %s cannot be executed: %s", quote(shown, directory), strerror(error));
    if (waitpid(process, &status, 0) != process || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail(EXIT_FAILURE, "the toolkit in %s does not run as it should", quote(shown, directory));
}

int install(const char *directory)
{
    DIR *own = open_own_directory();
    int bin;

    umask(0);
    bin = open_target(directory);
    copy_all(own, bin);
    link_init(bin);
    prove(directory, bin);
    closedir(own);
    close(bin);
    return 0;
}
