/*
 * Fills a volume once from a folder of the image: what the application changes there stays. VOLUME/data, which the application
 * mounts, appears by rename, whole; until then VOLUME/data.new is filled, and whoever is killed leaves it for the next start.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launch.h"

#define WHOLE "data"
#define PART "data.new"

/* Another pod that fills the same volume is waited for, and has done it then. */
static int open_volume(const char *path)
{
    char shown[QUOTED_SIZE];
    int volume = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (volume < 0 || flock(volume, LOCK_EX) != 0)
        fail(EXIT_SYSTEM, "cannot open the volume %s: %s", quote(shown, path), strerror(errno));
    return volume;
}

int fill_volume(const char *folder, const char *path)
{
    int volume = open_volume(path), from = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct copied done = {0};
    char shown[QUOTED_SIZE];

    if (faccessat(volume, WHOLE, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return 0;
    if (from >= 0)
        done = copy_folder(from, volume, PART);
    else if (errno != ENOENT || (mkdirat(volume, PART, 0755) != 0 && errno != EEXIST))
        fail(EXIT_SYSTEM, "cannot read %s of the image: %s", quote(shown, folder), strerror(errno));
    if (renameat(volume, PART, volume, WHOLE) != 0 || fsync(volume) != 0)
        fail(EXIT_SYSTEM, "cannot finish what was filled from %s: %s", quote(shown, folder), strerror(errno));
    say("filled once from the image: %llu files, %llu MiB", (unsigned long long)done.files,
        (unsigned long long)(done.bytes >> 20));
    return 0;
}
