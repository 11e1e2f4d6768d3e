/* How far the copying is, for whoever waits, and for whoever reads why it went no further. */
#include <errno.h>
#include <string.h>

#include "../launch/launch.h"
#include "copy.h"

enum { INTERVAL = 10000 }; /* ms */

static int64_t told; /* when, of how far it is */

struct copied copied;

void give_up(const char *name)
{
    char shown[QUOTED_SIZE];
    int reason = errno;

    if (reason == ENOSPC || reason == EDQUOT)
        fail(EXIT_SYSTEM, "the volume is full after %llu files, %llu MiB: give its claim more storage, and the next start goes on",
             (unsigned long long)copied.files, (unsigned long long)(copied.bytes >> 20));
    fail(EXIT_SYSTEM, "cannot copy %s into the volume: %s", quote(shown, name), strerror(reason));
}

void tell(uint64_t bytes)
{
    copied.bytes += bytes;
    if (told == 0)
        told = now();
    if (now() - told < INTERVAL)
        return;
    told = now();
    say("copying into the volume: %llu files, %llu MiB", (unsigned long long)copied.files,
        (unsigned long long)(copied.bytes >> 20));
}
