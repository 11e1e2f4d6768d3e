/*
 * Fills a volume once from a folder of the image: what the application changes there stays. VOLUME/data, which the application
 * mounts, appears by rename, whole; until then VOLUME/data.new is filled, and whoever is killed leaves it for the next start.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../launch/launch.h"
#include "copy.h"

#define WHOLE "data"
#define PART "data.new"

/* Another pod that fills the same volume is waited for, and has done it then. */
static bool lock(int volume)
{
    if (flock(volume, LOCK_EX | LOCK_NB) == 0)
        return true;
    if (errno != EWOULDBLOCK)
        return false;
    say("another pod fills the volume: waiting until it has");
    return flock(volume, LOCK_EX) == 0;
}

static int open_volume(const char *path)
{
    char shown[QUOTED_SIZE];
    int volume = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (volume < 0 || !lock(volume))
        fail(EXIT_SYSTEM, "cannot open the volume %s: %s", quote(shown, path), strerror(errno));
    return volume;
}

static void make_part(int volume, mode_t mode)
{
    if (mkdirat(volume, PART, mode) == 0 || errno == EEXIST)
        return;
    if (errno == EACCES)
        fail(EXIT_SYSTEM, "user %u may not write into the volume: name a group in the pod's securityContext.fsGroup; of a kind of volume "
             "that takes none (hostPath, NFS) give the folder to that user once", (unsigned)geteuid());
    fail(EXIT_SYSTEM, "cannot write into the volume: %s", strerror(errno));
}

static void fill_part(int volume, const char *folder)
{
    int from = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char shown[QUOTED_SIZE];

    if (from < 0 && errno == ENOTDIR)
        fail(EXIT_SYSTEM, "%s of the image is no folder: keep the folder it lies in", quote(shown, folder));
    if (from < 0 && errno != ENOENT)
        fail(EXIT_SYSTEM, "cannot read %s of the image: %s", quote(shown, folder), strerror(errno));
    make_part(volume, from < 0 ? 0755 : 0700);
    if (from >= 0)
        copy_folder(from, volume, PART);
}

static _Noreturn void end(int number)
{
    _exit(128 + number);
}

int fill_volume(const char *folder, const char *path)
{
    char shown[QUOTED_SIZE];
    int volume;

    /* The first process of a container is not even sent what nobody handles, and a pod that is deleted would wait for it. */
    if (signal(SIGTERM, end) == SIG_ERR)
        fail(EXIT_SYSTEM, "cannot take a signal: %s", strerror(errno));
    volume = open_volume(path);
    if (faccessat(volume, WHOLE, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return 0;
    fill_part(volume, folder);
    /* Of a machine that loses its power as of a process that is killed: the name is there once all it leads to is. */
    if (syncfs(volume) != 0 || renameat(volume, PART, volume, WHOLE) != 0 || fsync(volume) != 0)
        fail(EXIT_SYSTEM, "cannot finish what was filled from %s: %s", quote(shown, folder), strerror(errno));
    say("filled once from the image: %llu files, %llu MiB", (unsigned long long)copied.files,
        (unsigned long long)(copied.bytes >> 20));
    if (copied.unreadable > 0)
        say("left out what user %u may not read: %llu files and folders", (unsigned)geteuid(),
            (unsigned long long)copied.unreadable);
    return 0;
}
