/*
 * Whether a debugger is attached, told from the kernel's list of connections: it is the pod's own, and no process need be seen.
 *
 * A connection is ESTABLISHED while both of its ends are held. When the process that is debugged dies, killed or not, the kernel
 * ends its side at once, and the state is another. A connection that it has not accepted, because it hangs, has no inode.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "probe.h"

/* Of a line of /proc/net/tcp: number, local, remote, state, queues, timer, retransmissions, user, timeout, inode. */
enum { LOCAL = 1, STATE = 3, INODE = 9, FIELDS };

enum { ADDRESS_SIZE = 40, TCP_LINE_SIZE = 512 };

static bool is_held(char *line, const char *local)
{
    char *fields[FIELDS], *rest = NULL;

    for (int i = 0; i < FIELDS; i++) {
        fields[i] = strtok_r(i == 0 ? line : NULL, " \n", &rest);
        if (fields[i] == NULL)
            return false;
    }
    return strcmp(fields[LOCAL], local) == 0 && strcmp(fields[STATE], "01") == 0 && strcmp(fields[INODE], "0") != 0;
}

/* Whether the file lists such a connection; false, with errno, where it cannot be read. */
static bool lists(const char *path, const char *local)
{
    FILE *file = fopen(path, "re");
    char line[TCP_LINE_SIZE];
    bool found = false;

    if (file == NULL)
        return false;
    errno = 0;
    while (!found && fgets(line, sizeof line, file) != NULL)
        found = is_held(line, local);
    fclose(file);
    return found;
}

bool is_debugged(unsigned port, char reason[static REASON_SIZE])
{
    /* As the kernel writes addresses: word by word, in the machine's own order of bytes. */
    const unsigned loopback = htonl(INADDR_LOOPBACK), mapped = htonl(0xffff);
    char four[ADDRESS_SIZE], six[ADDRESS_SIZE];

    snprintf(four, sizeof four, "%08X:%04X", loopback, port);
    snprintf(six, sizeof six, "%08X%08X%08X%08X:%04X", 0U, 0U, mapped, loopback, port);
    /* The second is not there where the kernel has no IPv6. */
    if (lists("/proc/net/tcp6", six) || lists("/proc/net/tcp", four))
        return true;
    if (errno != 0)
        snprintf(reason, REASON_SIZE, "/proc/net/tcp does not tell of debuggers: %s", strerror(errno));
    else
        snprintf(reason, REASON_SIZE, "no debugger is attached to port %u", port);
    return false;
}
