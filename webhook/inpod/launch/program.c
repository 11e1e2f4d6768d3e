/* Another program: where it is looked for, why it did not start, how it ended. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch.h"

/* What execvp uses where PATH is not set. */
#define DEFAULT_PATH "/bin:/usr/bin"

/*
 * Returns why the kernel refused. It says ENOENT for a missing file and for a missing interpreter alike; the latter becomes
 * ELIBACC here.
 */
static int execute(const char *file, char *const argv[])
{
    execve(file, argv, environ);
    if (errno == ENOENT && access(file, F_OK) == 0)
        return ELIBACC;
    return errno;
}

/*
 * The search of execvp, except that a file the kernel does not understand (ENOEXEC) is never handed to a shell: a shell
 * drops variables whose names it cannot use, and the container runtime would not start such a file either.
 */
static int search(const char *path, char *const argv[])
{
    char file[PATH_MAX];
    int reason = ENOENT;

    for (const char *rest = path; rest != NULL;) {
        size_t size = strcspn(rest, ":");
        int length = snprintf(file, sizeof file, "%.*s%s%s", (int)size, rest, size ? "/" : "", argv[0]);
        int error = length < (int)sizeof file ? execute(file, argv) : ENAMETOOLONG;

        switch (error) {
        case EACCES: case ELIBACC:
            reason = error;
            break;
        case ENOENT: case ENOTDIR: case ENAMETOOLONG: case ESTALE: case ENODEV: case ETIMEDOUT:
            break;
        default:
            return error;
        }
        rest = rest[size] ? rest + size + 1 : NULL;
    }
    return reason;
}

bool is_there(const char *name)
{
    const char *path = getenv("PATH");
    char file[PATH_MAX];

    if (strchr(name, '/') != NULL)
        return access(name, F_OK) == 0;
    for (const char *rest = path ? path : DEFAULT_PATH; rest != NULL && *name;) {
        size_t size = strcspn(rest, ":");
        int length = snprintf(file, sizeof file, "%.*s%s%s", (int)size, rest, size ? "/" : "", name);

        if (length < (int)sizeof file && access(file, F_OK) == 0)
            return true;
        rest = rest[size] ? rest + size + 1 : NULL;
    }
    return false;
}

static _Noreturn void explain(const char *program, const char *path, int error)
{
    char name[QUOTED_SIZE], directories[QUOTED_SIZE];

    quote(name, program);
    switch (error) {
    case ENOENT: case ENOTDIR:
        if (path != NULL)
            fail(EXIT_NOT_FOUND, "cannot start %s: no such program in PATH %s", name, quote(directories, path));
        fail(EXIT_NOT_FOUND, "cannot start %s: no such file", name);
    case ELIBACC:
        fail(EXIT_NOT_FOUND, "cannot start %s: the file is there, but what must run it is not: the interpreter in its first line "
             "(mind a line end of Windows), or the dynamic loader of another libc", name);
    case EACCES:
        fail(EXIT_NOT_EXECUTABLE, "cannot start %s: permission denied: it is a directory, is not executable for this user, lies "
             "in a directory closed to this user, or its volume is mounted noexec", name);
    case ENOEXEC:
        fail(EXIT_NOT_EXECUTABLE, "cannot start %s: it is neither a program for this processor nor a script whose first "
             "line begins with #!", name);
    case E2BIG:
        fail(EXIT_NOT_EXECUTABLE, "cannot start %s: its arguments and environment are too large: the kernel takes at most "
             "128 KiB in one argument or variable (NAME=VALUE) and %ld KiB in all", name, sysconf(_SC_ARG_MAX) / 1024);
    default:
        fail(EXIT_NOT_EXECUTABLE, "cannot start %s: %s", name, strerror(error));
    }
}

/*
 * As a container runtime starts a program. libc refuses the two signals it keeps for itself, which GNU make, for one, leaves
 * ignored: the kernel is asked directly. KILL and STOP refuse the call.
 */
static void reset_signals(void)
{
    const unsigned long by_default[4] = {0}; /* the kernel's struct sigaction: SIG_DFL, no flags, no restorer, empty mask */
    sigset_t none;

    for (int number = 1; number <= SIGRTMAX; number++)
        syscall(SYS_rt_sigaction, number, by_default, NULL, sizeof(unsigned long));
    sigemptyset(&none);
    if (sigprocmask(SIG_SETMASK, &none, NULL) != 0)
        fail(EXIT_SYSTEM, "cannot unblock signals: %s", strerror(errno));
}

void become(char *const argv[])
{
    const char *path = getenv("PATH");

    reset_signals();
    if (strchr(argv[0], '/') != NULL)
        explain(argv[0], NULL, execute(argv[0], argv));
    if (argv[0][0] == '\0')
        explain(argv[0], NULL, ENOENT);
    if (path == NULL)
        path = DEFAULT_PATH;
    explain(argv[0], path, search(path, argv));
}

int exit_code(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
