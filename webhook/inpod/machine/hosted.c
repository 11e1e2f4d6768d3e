/* What the program's unit starts: the program, as it was asked for, and whoever tells how it ended. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../launch/launch.h"
#include "machine.h"

#define RESTARTS FOLDER "/restarts"

enum { ADDRESSES = 1024 }; /* bytes */

enum { PATIENCE = 2000, PAUSE = 20, TRIES = 50 }; /* ms */

/* Nobody is waited for who might read it: whoever did has ended. */
static void write_to(const char *path, int stream)
{
    int fifo = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

    if (fifo < 0 || dup2(fifo, stream) < 0 || fcntl(stream, F_SETFL, O_WRONLY) != 0)
        fail(EXIT_SYSTEM, "cannot write into the container's log: %s", strerror(errno));
}

char **host(void)
{
    write_to(OUT, STDOUT_FILENO);
    write_to(ERR, STDERR_FILENO);
    return take_kept();
}

static int number_of(const char *signal_name)
{
    for (int number = 1; number < SIGRTMIN; number++) {
        const char *name = sigabbrev_np(number);

        if (name != NULL && strcmp(name, signal_name) == 0)
            return number;
    }
    return strncmp(signal_name, "RTMIN+", 6) == 0 ? SIGRTMIN + atoi(signal_name + 6) : 0;
}

/* As systemd tells it to ExecStopPost=, and as the kubelet has it: 128+n for signal n. */
static int end_of_program(void)
{
    const char *how = getenv("EXIT_CODE"), *status = getenv("EXIT_STATUS");
    int number;

    if (how == NULL || status == NULL)
        return EXIT_SYSTEM;
    if (strcmp(how, "exited") == 0)
        return atoi(status);
    number = number_of(status);
    return number ? 128 + number : EXIT_SYSTEM;
}

/* One more, of those that are counted since the container's start. */
static unsigned count_restart(void)
{
    unsigned count = left_number(RESTARTS, 0) + 1;

    return leave_number(RESTARTS, count) ? count : UINT_MAX;
}

void exit_machine(int code)
{
    char text[12];
    char *const argv[] = {(char[]){"systemctl"}, (char[]){"--no-block"}, (char[]){"exit"}, text, NULL};
    pid_t child;
    int status;

    snprintf(text, sizeof text, "%d", code);
    for (int tried = 0; tried < TRIES; tried++) {
        child = fork();
        if (child == 0) {
            close(STDERR_FILENO); /* it is asked again where systemd starts itself anew */
            become(argv);
        }
        if (child > 0 && waitpid(child, &status, 0) == child && status == 0)
            return;
        usleep(1000 * PAUSE);
    }
    kill(1, HALT);
}

/* Of process 1: other addresses in it tell that it has started itself anew. */
static size_t addresses(char found[static ADDRESSES])
{
    int file = open("/proc/1/auxv", O_RDONLY | O_CLOEXEC);
    ssize_t size = file < 0 ? -1 : read(file, found, ADDRESSES);

    if (file >= 0)
        close(file);
    return size < 0 ? 0 : (size_t)size;
}

/* The kubelet's TERM comes once the hook has returned, and systemd forgets the code that it was told before. */
static void await_term(void)
{
    char before[ADDRESSES], after[ADDRESSES];
    size_t size = addresses(before);

    write_file(ENDED, 0600, "", 0);
    for (int64_t until = now() + PATIENCE; now() < until; usleep(1000 * PAUSE))
        if (addresses(after) != size || memcmp(before, after, size) != 0)
            return;
}

int surface(unsigned budget)
{
    bool halting = access(HALTING, F_OK) == 0;
    int code = end_of_program();

    if (code != 0 && !halting && count_restart() <= budget) {
        end_group();
        return 0;
    }
    if (halting)
        await_term();
    exit_machine(code);
    return 0;
}
