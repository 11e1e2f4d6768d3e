/* A program that says when its first instruction ran, in nanoseconds of CLOCK_MONOTONIC; with an argument it then stays. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct timespec now;

    (void)argv;
    clock_gettime(CLOCK_MONOTONIC, &now);
    printf("%lld\n", (long long)now.tv_sec * 1000000000 + now.tv_nsec);
    fflush(stdout);
    if (argc > 1)
        pause();
    return 0;
}
