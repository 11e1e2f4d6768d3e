/* The services that are known without a program: the image's own of that kind, else the toolkit's BusyBox. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../launch/launch.h"

#define CRONTABS "/var/spool/cron/crontabs"

/* Each stays in the foreground by its option. Programs called syslogd do not agree on theirs: none of them is asked. */
static struct {
    char service[8], file[24], option[4];
} programs[] = {
    {"crond", "/usr/sbin/cron", "-f"},          /* Debian's */
    {"crond", "/usr/sbin/crond", "-n"},         /* cronie */
    {"syslogd", "/usr/sbin/rsyslogd", "-n"},
    {"syslogd", "/usr/sbin/syslog-ng", "-F"},
};

/* BusyBox goes by the names of others, and takes other options. */
static bool is_own(const char *file)
{
    char path[PATH_MAX];

    return realpath(file, path) != NULL && strncmp(strrchr(path, '/') + 1, "busybox", strlen("busybox")) != 0;
}

/* Returns where the image has none. */
static void become_own(const char *service)
{
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        if (strcmp(programs[i].service, service) == 0 && is_own(programs[i].file))
            become((char *[]){programs[i].file, programs[i].option, NULL});
}

/* The one beside this program. */
static char *busybox(void)
{
    static char path[PATH_MAX + sizeof "busybox"];
    ssize_t size = readlink("/proc/self/exe", path, PATH_MAX);

    if (size <= 0)
        fail(EXIT_SYSTEM, "cannot tell where this program lies: %s", strerror(errno));
    path[size] = '\0';
    strcpy(strrchr(path, '/') + 1, "busybox");
    return path;
}

/* Its crond ends where it has nowhere to look; what cannot be made, it names. */
static void make_crontabs(void)
{
    char path[] = CRONTABS;

    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0755);
        *slash = '/';
    }
    mkdir(path, 0755);
}

/* Returns where it has none, either. */
static void become_busybox(const char *service)
{
    if (strcmp(service, "crond") == 0) {
        make_crontabs();
        unsetenv("SHELL"); /* jobs would have it for theirs */
        become((char *[]){busybox(), (char[]){"crond"}, (char[]){"-f"}, NULL});
    }
    if (strcmp(service, "syslogd") == 0)
        become((char *[]){busybox(), (char[]){"syslogd"}, (char[]){"-n"}, (char[]){"-O"}, (char[]){"-"}, NULL});
}

void become_service(char **words)
{
    const char *service = words[0];
    char shown[QUOTED_SIZE];

    leave_message();
    if (strcmp(service, "sshd") == 0)
        become_sshd(words + 1);
    if (words[1] != NULL)
        fail(EXIT_USAGE, "usage: launch service crond|syslogd");
    become_own(service);
    become_busybox(service);
    fail(EXIT_USAGE, "no service %s is known: crond, syslogd and sshd are", quote(shown, service));
}
