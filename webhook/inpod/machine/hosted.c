/* What the program's unit starts: the program, as it was asked for, and whoever tells how it ended. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../launch/launch.h"
#include "machine.h"

#define RESTARTS FOLDER "/restarts"

static void write_to(const char *path, int stream)
{
    int fifo = open(path, O_WRONLY | O_CLOEXEC);

    if (fifo < 0 || dup2(fifo, stream) < 0)
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
    char text[24] = "";
    int file = open(RESTARTS, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    unsigned count;

    if (file < 0 || read(file, text, sizeof text - 1) < 0)
        return UINT_MAX;
    count = (unsigned)strtoul(text, NULL, 10) + 1;
    snprintf(text, sizeof text, "%u\n", count);
    if (pwrite(file, text, strlen(text), 0) < 0)
        return UINT_MAX;
    close(file);
    return count;
}

int surface(unsigned budget)
{
    char code[12];
    char *const argv[] = {(char[]){"systemctl"}, (char[]){"--no-block"}, (char[]){"exit"}, code, NULL};
    int end = end_of_program();

    if (end != 0 && count_restart() <= budget)
        return 0;
    snprintf(code, sizeof code, "%d", end);
    become(argv);
}
