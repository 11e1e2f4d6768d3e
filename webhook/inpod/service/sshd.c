/*
 * The image's sshd, in the foreground, as its sshd_config says but for three things: its host keys are made here, once, for those
 * in the image are everybody's who has it; nobody logs in by a password; and public keys are also taken from a file, read anew at
 * each login. That file may be a ConfigMap's: its folder is everybody's to write, which sshd refuses of an AuthorizedKeysFile.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../launch/launch.h"
#include "../launch/login.h"
#include "host_keys.h"

#define SSHD "/usr/sbin/sshd"
#define PAM "/etc/pam.d/sshd"

enum { MOST = 16 };

static char *argv[MOST];
static size_t size;

/* sshd divides the words of a command again: none of its own signs may be in the path. */
static char *keys_command(const char *keys)
{
    static char option[PATH_MAX];
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-";

    if (keys[0] != '/' || keys[strspn(keys, plain)] != '\0')
        refuse_option("service sshd", keys, "write the absolute path of a file, in letters, digits and /._- alone");
    if (snprintf(option, sizeof option, "-oAuthorizedKeysCommand=/bin/cat %s", keys) >= (int)sizeof option)
        refuse_option("service sshd", keys, "the path is too long");
    return option;
}

static bool is_required(const char *module)
{
    FILE *file = fopen(PAM, "re");
    char line[1024];
    bool found = false;

    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
        found = *line != '#' && strstr(line, "required") != NULL && strstr(line, module) != NULL;
    if (file != NULL)
        fclose(file);
    return found;
}

/* Where a person's login started the container runtime, the kernel lets nobody set another. */
static void warn_of_login(void)
{
    char login[16] = "";
    int file = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC);

    if (file < 0 || read(file, login, sizeof login - 1) <= 0 || strcmp(login, "4294967295") == 0)
        return;
    if (is_required("pam_loginuid.so"))
        say("logins will end at once: " PAM " requires pam_loginuid.so, which this node does not allow: write optional there");
}

static bool is_roots(const char *path)
{
    struct stat about;

    return lstat(path, &about) == 0 && S_ISDIR(about.st_mode) && about.st_uid == 0 && (about.st_mode & 022) == 0;
}

/*
 * Those who log in by it see what the program sees, as far as it is theirs to see. Whoever may write above the file could put
 * another in its place, and root's shell would run it: a volume at /run is everybody's to write.
 */
static void show_environment(const struct login *login)
{
    if (mkdir("/run/richpod", 0755) != 0 && errno != EEXIST)
        withhold_profile("/run/richpod cannot be made");
    else if (!is_roots("/run") || !is_roots("/run/richpod"))
        withhold_profile("others may write into /run");
    else
        write_profile(login, "/run/richpod/profile.sh");
}

static void add(char *word)
{
    argv[size++] = word;
}

/* What counts before sshd_config. Keys that it names besides are of no use: ours come first, and others are not offered. */
static void compose(const char *folder, const char *keys)
{
    static char own[][64] = {SSHD, "-D", "-e", "-oPasswordAuthentication=no", "-oKbdInteractiveAuthentication=no",
                             "-oChallengeResponseAuthentication=no", "-oAuthenticationMethods=publickey",
                             "-oHostKeyAlgorithms=ssh-ed25519,rsa-sha2-512,rsa-sha2-256"};
    static char key[] = "-h", keys_user[] = "-oAuthorizedKeysCommandUser=root";

    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        add(own[i]);
    if (keys != NULL) {
        add(keys_command(keys));
        add(keys_user);
    }
    make_host_keys(folder);
    for (size_t i = 0; i < HOST_KEYS; i++)
        if (*host_keys[i]) {
            add(key);
            add(host_keys[i]);
        }
}

void become_sshd(char **words)
{
    struct login login = {0};

    words = take_login(&login, words);
    if (words[0] == NULL || (words[1] != NULL && words[2] != NULL))
        fail(EXIT_USAGE, "usage: launch service sshd [--hide NAMES] [--show NAMES] DIRECTORY [KEYS]");
    if (access(SSHD, F_OK) != 0)
        fail(EXIT_NOT_FOUND, "the image has no " SSHD ": install openssh-server in it");
    compose(words[0], words[1]);
    show_environment(&login);
    /* Where Debian's separates its privileges; sshd says so where it misses it. */
    mkdir("/run/sshd", 0755);
    warn_of_login();
    become(argv);
}
