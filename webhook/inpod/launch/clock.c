/* The clock by which all that takes time is measured. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "launch.h"

int64_t now(void)
{
    struct timespec time;

    if (clock_gettime(CLOCK_MONOTONIC, &time) != 0)
        fail(EXIT_SYSTEM, "cannot read the clock: %s", strerror(errno));
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}
