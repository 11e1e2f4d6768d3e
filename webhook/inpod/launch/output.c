/*
 * What hooks and services print goes, line by line, to the container's log.
 *
 * One pipe serves all hooks, another each service, and it stays open: a process that they left behind neither holds anybody up
 * nor dies of writing. Where the log takes nothing, nothing is read: then the hook or service waits, and the launcher does not.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "launch.h"
#include "life.h"

enum { LAST_SIZE = 2048, LOG_PATIENCE = 1000 };

static int reading = -1, writing = -1;
static char line[PIPE_BUF]; /* prefix, text, newline: the kernel writes as much in one piece, between the program's own lines */
static size_t prefix, length;
static bool complete; /* the line waits for the log */
static char block[PIPE_BUF];
static size_t at, filled; /* of the block */
static char last[LAST_SIZE + 1];

void open_output(void)
{
    int ends[2];

    /* A process that was forked leaves the pipe of the one before to that one. */
    if (reading >= 0 && (close(reading) != 0 || close(writing) != 0))
        fail(EXIT_SYSTEM, "cannot close a pipe: %s", strerror(errno));
    if (pipe2(ends, O_CLOEXEC) != 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
        fail(EXIT_SYSTEM, "cannot make a pipe for output: %s", strerror(errno));
    reading = ends[0];
    writing = ends[1];
}

void take_output(void)
{
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0)
        fail(EXIT_SYSTEM, "cannot give it an empty input: %s", strerror(errno));
    if (dup2(writing, STDOUT_FILENO) < 0 || dup2(writing, STDERR_FILENO) < 0)
        fail(EXIT_SYSTEM, "cannot take its output: %s", strerror(errno));
}

const char *last_lines(void)
{
    return last;
}

void begin_output(const char *label)
{
    prefix = length = (size_t)snprintf(line, sizeof line, "[%s] ", label);
    complete = false;
    at = filled = 0;
    last[0] = '\0';
}

/* Keeps the end of what was printed, without what would drive a terminal. */
static void remember(const char *text, size_t size)
{
    size_t kept = strlen(last);

    for (size_t i = 0; i < size; i++) {
        bool control = ((unsigned char)text[i] < 0x20 && text[i] != '\t' && text[i] != '\n') || text[i] == 0x7f;

        if (kept == LAST_SIZE)
            memmove(last, last + LAST_SIZE / 2, kept -= LAST_SIZE / 2);
        last[kept++] = control ? '?' : text[i];
    }
    last[kept] = '\0';
}

/* A failure has nowhere to be reported: the log is closed. */
static void finish_line(void)
{
    size_t size = length;

    line[size++] = '\n';
    remember(line + prefix, size - prefix);
    length = prefix;
    complete = false;
    if (write(STDOUT_FILENO, line, size) < 0)
        return;
}

static bool log_takes(int milliseconds)
{
    struct pollfd log = {.fd = STDOUT_FILENO, .events = POLLOUT};

    return poll(&log, 1, milliseconds) != 0;
}

/* Passes on all that was read, or as much as the log takes within the time: returns whether it was all. */
static bool pass(int milliseconds)
{
    while (complete || at < filled) {
        if (complete && !log_takes(milliseconds))
            return false;
        if (complete)
            finish_line();
        while (!complete && at < filled) {
            char byte = block[at++];

            if (byte != '\n')
                line[length++] = byte;
            complete = byte == '\n' || length == sizeof line - 1;
        }
    }
    return true;
}

static bool fill(size_t most)
{
    ssize_t size = read(reading, block, most < sizeof block ? most : sizeof block);

    at = 0;
    filled = size > 0 ? (size_t)size : 0;
    return size > 0;
}

struct pollfd await_output(void)
{
    if (complete)
        return (struct pollfd){.fd = STDOUT_FILENO, .events = POLLOUT};
    return (struct pollfd){.fd = reading, .events = POLLIN};
}

void pass_output(void)
{
    if (pass(0) && fill(sizeof block))
        pass(0);
}

void end_output(void)
{
    int there = 0;

    /* No more than is there now: what was left behind may print for ever. */
    if (ioctl(reading, FIONREAD, &there) != 0)
        say("cannot tell what was printed: %s", strerror(errno));
    for (size_t left = (size_t)there; pass(LOG_PATIENCE) && left > 0 && fill(left); left -= filled)
        continue;
    complete = length > prefix;
    pass(LOG_PATIENCE);
}
