/* systemd as the image has it: where it lies, how old it is, and what it reads of us, all of it in /run. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../launch/launch.h"
#include "../launch/state.h"
#include "machine.h"

#define UNITS "/run/systemd/system"
#define UNIT "richpod.service"
#define WANTS UNITS "/multi-user.target.wants"

static char *const places[] = {(char[]){"/usr/lib/systemd/systemd"}, (char[]){"/lib/systemd/systemd"}};

/* The first that exits with a code of ours. */
enum { OLDEST = 236, UNIT_SIZE = 1 << 14 };

/* What a container cannot do, or does not have. */
static const char *const masked[] = {
    "console-getty.service", "getty.target", "getty-static.service", "systemd-journald-audit.socket",
    "systemd-modules-load.service", "systemd-networkd-wait-online.service", "systemd-sysctl.service", "systemd-udevd.service",
    "systemd-udevd-control.socket", "systemd-udevd-kernel.socket", "systemd-udev-trigger.service", "systemd-udev-settle.service",
    "tmp.mount",
};

static const struct limit {
    const char *name;
    __rlimit_resource_t number;
} limits[] = {
    {"AS", RLIMIT_AS}, {"CORE", RLIMIT_CORE}, {"CPU", RLIMIT_CPU}, {"DATA", RLIMIT_DATA}, {"FSIZE", RLIMIT_FSIZE},
    {"MEMLOCK", RLIMIT_MEMLOCK}, {"MSGQUEUE", RLIMIT_MSGQUEUE}, {"NOFILE", RLIMIT_NOFILE}, {"NPROC", RLIMIT_NPROC},
    {"RSS", RLIMIT_RSS}, {"SIGPENDING", RLIMIT_SIGPENDING}, {"STACK", RLIMIT_STACK},
};

static char unit[UNIT_SIZE];
static size_t written;

__attribute__((format(printf, 1, 2))) static void line(const char *format, ...)
{
    va_list values;
    int size;

    va_start(values, format);
    size = vsnprintf(unit + written, sizeof unit - written, format, values);
    va_end(values);
    written += (size_t)size;
    if (written >= sizeof unit)
        fail(EXIT_SYSTEM, "the unit of the program is too long");
}

static const char *bound(char text[static 24], rlim_t value)
{
    if (value == RLIM_INFINITY)
        return "infinity";
    snprintf(text, 24, "%llu", (unsigned long long)value);
    return text;
}

/* Those that the container has, instead of what systemd gives to its services. */
static void write_limits(void)
{
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        char soft[24], hard[24];
        struct rlimit found;

        if (getrlimit(limits[i].number, &found) == 0)
            line("Limit%s=%s:%s\n", limits[i].name, bound(soft, found.rlim_cur), bound(hard, found.rlim_max));
    }
}

/*
 * On cgroup v2 programs, JVMs among them, read the bounds of their own control group, which is the unit's: it has those of the
 * container (trap 19). On cgroup v1 they read the container's, and there are no such files.
 */
static void write_bounds(void)
{
    unsigned long long bytes, quota, period;
    char said[LINE_SIZE];

    if (read_line(AT_FDCWD, "/sys/fs/cgroup/memory.max", said) && sscanf(said, "%llu", &bytes) == 1)
        line("MemoryMax=%llu\n", bytes);
    if (read_line(AT_FDCWD, "/sys/fs/cgroup/cpu.max", said) && sscanf(said, "%llu %llu", &quota, &period) == 2 && period > 0)
        line("CPUQuota=%llu%%\n", (100 * quota + period - 1) / period);
}

/*
 * No argv and no environment stands here, where % and $ would mean something: what is hosted reads them itself. It says by which
 * code the machine ends, once, which is what Restart= and StartLimitAction= cannot (traps 4 and 5). What the kernel kills of its
 * processes is the program's own concern, as it is without systemd. On cgroup v1 nobody tells systemd in a container that a
 * control group is empty: it must not wait for what the program leaves behind, which ends with the machine, or with the next
 * start.
 */
static void write_unit(const char *launch, unsigned restarts)
{
    line("[Unit]\nDescription=The program of this container\nStartLimitIntervalSec=0\n\n[Service]\n");
    line("ExecStart=%s hosted\nExecStopPost=%s surface %u\n", launch, launch, restarts);
    line("StandardInput=null\nKillMode=process\nOOMPolicy=continue\nTimeoutSec=infinity\n");
    if (restarts > 0)
        line("Restart=always\nRestartSec=1\n");
    write_limits();
    write_bounds();
    write_file(UNITS "/" UNIT, 0644, unit, written);
    make_link("../" UNIT, WANTS "/" UNIT);
}

/* A boot that fails would wait for somebody at the console, for ever. */
static void write_emergency(const char *launch)
{
    written = 0;
    line("[Unit]\nDescription=The end of a boot that failed\nDefaultDependencies=no\n\n");
    line("[Service]\nType=oneshot\nExecStart=%s surface 0\n", launch);
    write_file(UNITS "/emergency.service", 0644, unit, written);
    make_link("emergency.service", UNITS "/rescue.service");
}

void write_units(const char *launch, unsigned restarts)
{
    static const char journal[] = "[Journal]\nForwardToConsole=yes\nMaxLevelConsole=notice\n";
    /* What the container has mounted nobody in it can unmount: no attempt is made, and none has to be told of. */
    static const char mounts[] = "[Unit]\nDefaultDependencies=no\n";
    char path[PATH_MAX];

    make_directory("/run/systemd");
    make_directory(UNITS);
    make_directory(WANTS);
    make_directory("/run/systemd/journald.conf.d");
    make_directory(UNITS "/mount.d");
    write_file(UNITS "/mount.d/richpod.conf", 0644, mounts, sizeof mounts - 1);
    write_file("/run/systemd/journald.conf.d/richpod.conf", 0644, journal, sizeof journal - 1);
    for (size_t i = 0; i < sizeof masked / sizeof *masked; i++) {
        snprintf(path, sizeof path, "%s/%s", UNITS, masked[i]);
        make_link("/dev/null", path);
    }
    write_unit(launch, restarts);
    write_emergency(launch);
}

/* `systemd 252 (...)`, of the program itself: nothing else has been the same in all versions. */
static unsigned read_version(char *systemd)
{
    char *const argv[] = {systemd, (char[]){"--version"}, NULL};
    char said[SAID_SIZE];
    unsigned found = 0;

    if (!ask(argv, said))
        fail(EXIT_SYSTEM, "cannot ask %s for its version: %s", systemd, strerror(errno));
    if (sscanf(said, "systemd %u", &found) != 1)
        fail(EXIT_SYSTEM, "%s does not say which version it is", systemd);
    return found;
}

const char *find_systemd(unsigned *version)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (access(places[i], X_OK) == 0) {
            *version = read_version(places[i]);
            if (*version < OLDEST)
                fail(EXIT_SYSTEM, "the image has systemd %u, which keeps a program's exit code for itself: %u is the first that "
                     "does not; write richpod.io/init: launch", *version, OLDEST);
            return places[i];
        }
    fail(EXIT_NOT_FOUND, "the image has no systemd (%s): install it there, or write richpod.io/init: launch", *places);
}
