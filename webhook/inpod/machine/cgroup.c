/* systemd dies without a word where it cannot write its control groups: the word is said here. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "../launch/launch.h"
#include "machine.h"

#define UNIFIED "/sys/fs/cgroup"
#define NAMED "/sys/fs/cgroup/systemd"
#define PROBE "/richpod-probe"

enum { FIRST_WITHOUT_V1 = 256 };

static bool is_of(const char *path, long magic)
{
    struct statfs about;

    return statfs(path, &about) == 0 && (long)about.f_type == magic;
}

static void prove_writable(const char *hierarchy, const char *probe)
{
    if ((mkdir(probe, 0755) != 0 && errno != EEXIST) || rmdir(probe) != 0)
        fail(EXIT_SYSTEM, "systemd cannot write its control groups in %s: %s; the administrator lets pods have them by systemd: "
             "{cgroup: ...} in the policy of richpod", hierarchy, strerror(errno));
}

void prove_cgroup(unsigned version)
{
    if (is_of(UNIFIED, CGROUP2_SUPER_MAGIC)) {
        prove_writable(UNIFIED, UNIFIED PROBE);
        return;
    }
    if (version >= FIRST_WITHOUT_V1)
        fail(EXIT_SYSTEM, "systemd %u runs on nodes with cgroup v2 alone, and this node has cgroup v1: take an image with an "
             "older one, or other nodes", version);
    if (!is_of(NAMED, CGROUP_SUPER_MAGIC))
        fail(EXIT_SYSTEM, "%s, where systemd has its control groups on a node with cgroup v1, is not mounted", NAMED);
    prove_writable(NAMED, NAMED PROBE);
}
