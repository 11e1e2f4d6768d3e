/* Host keys of sshd: made once, by the image's ssh-keygen, which may not know every kind, in a folder that is root's alone. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch.h"
#include "service_sshd.h"

static char kinds[HOST_KEYS][8] = {"ed25519", "rsa"};

char host_keys[HOST_KEYS][PATH_MAX];

/* Whoever could write there could read what is said to this machine. */
static void make_folder(const char *folder)
{
    struct stat about;
    char shown[QUOTED_SIZE];

    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        fail(EXIT_SYSTEM, "cannot make the folder %s for host keys: %s", quote(shown, folder), strerror(errno));
    if (lstat(folder, &about) != 0 || !S_ISDIR(about.st_mode) || about.st_uid != geteuid() || (about.st_mode & 0077) != 0)
        fail(EXIT_SYSTEM, "what is at %s is no folder for host keys, which nobody else may open: remove it",
             quote(shown, folder));
}

/* By rename: a key that is there is whole. It says itself what fails. */
static void make_key(const char *folder, char *kind, const char *file)
{
    char fresh[PATH_MAX], public[PATH_MAX];
    pid_t process;

    snprintf(fresh, sizeof fresh, "%s/new", folder);
    snprintf(public, sizeof public, "%s/new.pub", folder);
    unlink(fresh);
    process = fork();
    if (process == 0)
        become((char *[]){(char[]){"ssh-keygen"}, (char[]){"-q"}, (char[]){"-t"}, kind, (char[]){"-N"}, (char[]){""},
                          (char[]){"-f"}, fresh, NULL});
    if (process < 0 || waitpid(process, NULL, 0) != process)
        fail(EXIT_SYSTEM, "cannot run ssh-keygen: %s", strerror(errno));
    rename(fresh, file);
    unlink(public);
}

void make_host_keys(const char *folder)
{
    bool any = false;

    make_folder(folder);
    for (size_t i = 0; i < HOST_KEYS; i++) {
        if (snprintf(host_keys[i], sizeof *host_keys, "%s/%s", folder, kinds[i]) >= (int)sizeof *host_keys - 8)
            refuse_option("service sshd", folder, "the path is too long");
        if (access(host_keys[i], F_OK) != 0)
            make_key(folder, kinds[i], host_keys[i]);
        if (access(host_keys[i], F_OK) != 0)
            *host_keys[i] = '\0';
        any = any || *host_keys[i];
    }
    if (!any)
        fail(EXIT_SYSTEM, "without a host key there is no sshd");
}
