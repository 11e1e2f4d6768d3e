/*
 * systemd lets go of the container's stdout and stderr. A process that holds them copies to them what the program writes, each
 * stream for itself, and what is written on the console, to stderr.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "../launch/launch.h"
#include "machine.h"

#define CONSOLE "/dev/console"

enum { BLOCK = 1 << 16 };

enum { PATIENCE = 200, LAST_PATIENCE = 2000 }; /* ms */

/* From whom to whom, and when what was written last did so, if it ended within a line; else 0. */
struct way {
    int from, to;
    int64_t begun;
    bool is_console;
};

enum { FROM_OUT, FROM_ERR, FROM_CONSOLE, WAYS };

/* Opened for both, so that it never ends while writers come and go. Whoever the program becomes may write. */
static int open_fifo(const char *path)
{
    int fifo;

    if (mkfifo(path, 0600) != 0 || chmod(path, 0622) != 0)
        fail(EXIT_SYSTEM, "cannot make %s: %s", path, strerror(errno));
    fifo = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fifo < 0)
        fail(EXIT_SYSTEM, "cannot open %s: %s", path, strerror(errno));
    return fifo;
}

/* Lines as they were written, without a terminal's carriage returns. */
static void make_raw(int terminal)
{
    struct termios settings;

    if (tcgetattr(terminal, &settings) != 0)
        fail(EXIT_SYSTEM, "cannot make a console: %s", strerror(errno));
    cfmakeraw(&settings);
    if (tcsetattr(terminal, TCSANOW, &settings) != 0)
        fail(EXIT_SYSTEM, "cannot make a console: %s", strerror(errno));
}

/* A container with `tty: true` has a console already, and what is written there is read. */
static int open_console(void)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC), slave;
    const char *name;

    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0 || (name = ptsname(master)) == NULL)
        fail(EXIT_SYSTEM, "cannot make a console: %s", strerror(errno));
    /* Held open for ever: a console that nobody has open ends. */
    slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0)
        fail(EXIT_SYSTEM, "cannot make a console: %s", strerror(errno));
    make_raw(slave);
    if ((unlink(CONSOLE) != 0 && errno != ENOENT) || symlink(name, CONSOLE) != 0)
        fail(EXIT_SYSTEM, "cannot make %s: %s", CONSOLE, strerror(errno));
    return master;
}

/* Without the carriage returns that a terminal puts before each end of a line, whoever sets it up. */
static ssize_t without_returns(char *block, ssize_t size)
{
    ssize_t kept = 0;

    for (ssize_t i = 0; i < size; i++)
        if (block[i] != '\r' || i + 1 == size || block[i + 1] != '\n')
            block[kept++] = block[i];
    return kept;
}

/* Whether it can be written without waiting, at once or, unless the end has come, later. */
static bool await_room(int to, int asked)
{
    struct pollfd waits[2] = {{.fd = to, .events = POLLOUT}, {.fd = asked, .events = POLLIN}};

    while (poll(waits, 2, waits[1].revents ? LAST_PATIENCE : -1) > 0)
        if (waits[0].revents != 0)
            return true;
        else
            waits[1].fd = -1;
    return false;
}

/* False where nothing is left to read, or nobody takes it any more. A pipe that has room takes PIPE_BUF at once. */
static bool pass(struct way *way, int asked)
{
    static char block[BLOCK];
    ssize_t size = read(way->from, block, sizeof block);

    if (way->is_console)
        size = without_returns(block, size);
    for (ssize_t done = 0; done < size;) {
        size_t part = size - done < PIPE_BUF ? (size_t)(size - done) : PIPE_BUF;
        ssize_t wrote = await_room(way->to, asked) ? write(way->to, block + done, part) : -1;

        if (wrote < 0)
            return false;
        done += wrote;
    }
    if (size > 0)
        way->begun = block[size - 1] == '\n' ? 0 : now();
    return size > 0;
}

/* A line of the program is not broken by one of the console, unless it takes its time. */
static void await(struct pollfd waits[static 1 + WAYS], nfds_t count, int64_t begun)
{
    int64_t left = begun ? begun + PATIENCE - now() : 0;

    waits[1 + FROM_CONSOLE].events = left > 0 ? 0 : POLLIN;
    poll(waits, 1 + count, left > 0 ? (int)left : -1);
}

/* Until systemd tells all processes that are left to end, which it does last. */
static _Noreturn void copy(struct way *ways, nfds_t count, int asked)
{
    struct pollfd waits[1 + WAYS] = {{.fd = asked, .events = POLLIN}};

    for (nfds_t i = 0; i < count; i++)
        waits[i + 1] = (struct pollfd){.fd = ways[i].from, .events = POLLIN};
    while (waits[0].revents == 0) {
        await(waits, count, ways[FROM_ERR].begun);
        for (nfds_t i = 0; i < count; i++)
            if (waits[i + 1].revents != 0)
                pass(&ways[i], asked);
    }
    for (nfds_t i = 0; i < count; i++)
        while (pass(&ways[i], asked))
            ;
    _exit(0);
}

void start_console(void)
{
    struct way ways[WAYS] = {{.from = open_fifo(OUT), .to = STDOUT_FILENO}, {.from = open_fifo(ERR), .to = STDERR_FILENO}};
    nfds_t count = 2;
    sigset_t all;
    pid_t child;

    if (!isatty(STDOUT_FILENO))
        ways[count++] = (struct way){.from = open_console(), .to = STDERR_FILENO, .is_console = true};
    child = fork();
    if (child < 0)
        fail(EXIT_SYSTEM, "cannot create a process: %s (a limit on processes?)", strerror(errno));
    if (child == 0) {
        sigset_t term;

        setsid();
        sigfillset(&all);
        sigprocmask(SIG_SETMASK, &all, NULL);
        sigemptyset(&term);
        sigaddset(&term, SIGTERM);
        copy(ways, count, signalfd(-1, &term, SFD_CLOEXEC));
    }
    for (nfds_t i = 0; i < count; i++)
        close(ways[i].from);
}
