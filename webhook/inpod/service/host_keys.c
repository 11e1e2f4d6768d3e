/* Host keys of sshd: made once, by the image's ssh-keygen, which may not know every kind, in a folder that is root's alone. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../launch/launch.h"
#include "host_keys.h"

static char kinds[HOST_KEYS][8] = {"ed25519", "rsa"};

char host_keys[HOST_KEYS][PATH_MAX];

/* Whoever could rename the folder could put another in its place. In a sticky one each renames what is his own. */
static void guard_place(const char *folder)
{
    char path[PATH_MAX], shown[QUOTED_SIZE];
    struct stat about;
    int place;

    snprintf(path, sizeof path, "%s", folder);
    place = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place < 0 || fstat(place, &about) != 0)
        fail(EXIT_SYSTEM, "cannot make the folder %s for host keys: %s", quote(shown, folder), strerror(errno));
    if (about.st_uid != geteuid() ||
        ((about.st_mode & 022) != 0 && fchmod(place, (about.st_mode & 07777) | S_ISVTX) != 0))
        fail(EXIT_SYSTEM, "others may put a folder of theirs in the place of %s, for host keys: make the one above it root's, "
             "and sticky", quote(shown, folder));
    close(place);
}

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

/* By rename, once it has ended well: a key that is there is whole. It says itself what fails. */
static void make_key(const char *folder, char *kind, const char *file)
{
    char fresh[PATH_MAX], public[PATH_MAX];
    pid_t process;
    int status;

    snprintf(fresh, sizeof fresh, "%s/new", folder);
    snprintf(public, sizeof public, "%s/new.pub", folder);
    unlink(fresh);
    process = fork();
    if (process == 0)
        become((char *[]){(char[]){"ssh-keygen"}, (char[]){"-q"}, (char[]){"-t"}, kind, (char[]){"-N"}, (char[]){""},
                          (char[]){"-f"}, fresh, NULL});
    if (process < 0 || waitpid(process, &status, 0) != process)
        fail(EXIT_SYSTEM, "cannot run ssh-keygen: %s", strerror(errno));
    if (status == 0)
        rename(fresh, file);
    unlink(public);
}

void make_host_keys(const char *folder)
{
    bool any = false;

    guard_place(folder);
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
