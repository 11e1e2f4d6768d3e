/* The processes of the program's service: of its control group, wherever that is mounted. */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine.h"

static const char v1[] = "/sys/fs/cgroup/systemd", v2[] = "/sys/fs/cgroup";

/* What of the hierarchy is mounted there: paths of control groups begin with it, and paths below the mount do not. */
static size_t mounted_part(const char *at)
{
    FILE *mounts = fopen("/proc/self/mountinfo", "re");
    char line[2 * PATH_MAX], root[PATH_MAX], point[PATH_MAX];
    size_t found = 0;

    while (mounts != NULL && fgets(line, sizeof line, mounts) != NULL)
        if (sscanf(line, "%*s %*s %*s %4095s %4095s", root, point) == 2 && strcmp(point, at) == 0)
            found = strcmp(root, "/") == 0 ? 0 : strlen(root);
    if (mounts != NULL)
        fclose(mounts);
    return found;
}

/* All processes of this one's control group: of cgroup v1's named hierarchy, else of v2. NULL where it cannot be read. */
static FILE *open_group(void)
{
    FILE *groups = fopen("/proc/self/cgroup", "re");
    char line[PATH_MAX], path[PATH_MAX + 64] = "";

    while (groups != NULL && fgets(line, sizeof line, groups) != NULL) {
        const char *own = strchr(line, '/'), *mount = strncmp(line, "0::", 3) == 0 ? v2 : NULL;

        if (strstr(line, ":name=systemd:") != NULL)
            mount = v1;
        line[strcspn(line, "\n")] = '\0';
        if (own != NULL && mount != NULL && (mount == v1 || *path == '\0') && strlen(own) >= mounted_part(mount))
            snprintf(path, sizeof path, "%s%s/cgroup.procs", mount, own + mounted_part(mount));
    }
    if (groups != NULL)
        fclose(groups);
    return fopen(path, "re");
}

void end_group(void)
{
    char line[64];
    FILE *list = open_group();

    while (list != NULL && fgets(line, sizeof line, list) != NULL)
        if (atoi(line) > 1 && atoi(line) != getpid())
            kill(atoi(line), SIGKILL);
    if (list != NULL)
        fclose(list);
}
