/* One main program: signals go to it, orphans are reaped, its end is ours. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "launch.h"
#include "life.h"

/*
 * A process group of its own, in the foreground if we are: what the terminal raises (^C, a new window size) then reaches the
 * program once, from the kernel, and not again through us; and a program's `kill 0` does not come back to it as a forwarded
 * signal. All signals are blocked here, so taking the terminal from the background does not stop us.
 */
static void lead_own_group(void)
{
    bool foreground = tcgetpgrp(STDIN_FILENO) == getpgrp();

    if (setpgid(0, 0) != 0)
        fail(EXIT_SYSTEM, "cannot make a process group: %s", strerror(errno));
    if (foreground && tcsetpgrp(STDIN_FILENO, getpgrp()) != 0)
        fail(EXIT_SYSTEM, "cannot hand the terminal to the program: %s", strerror(errno));
}

pid_t start(char *const argv[])
{
    pid_t program = fork();

    if (program < 0)
        fail(EXIT_SYSTEM, "cannot create a process: %s (a limit on processes?)", strerror(errno));
    if (program > 0)
        return program;
    lead_own_group();
    set_java();
    become(argv);
}

int supervise(char *const argv[])
{
    struct life life = {0};

    prepare();
    life.program.process = start(argv);
    while (life.program.process != 0)
        watch(&life, FOREVER);
    return exit_code(life.program.status);
}
