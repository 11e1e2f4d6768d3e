/* What other programs of the image know. */
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../launch/launch.h"
#include "machine.h"

bool ask(char *const argv[], char said[static SAID_SIZE])
{
    size_t size = 0;
    int ends[2];
    pid_t child;

    if (pipe2(ends, O_CLOEXEC) != 0 || (child = fork()) < 0)
        return false;
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        become(argv);
    }
    close(ends[1]);
    for (ssize_t more; (more = read(ends[0], said + size, SAID_SIZE - 1 - size)) > 0;)
        size += (size_t)more;
    said[size] = '\0';
    close(ends[0]);
    waitpid(child, NULL, 0);
    return true;
}
