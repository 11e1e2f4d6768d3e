/* What login shells, which are no children of the program, see of its environment. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "launch.h"
#include "login.h"

#define LINK "/etc/profile.d/richpod.sh"

/* Whether a list of names parted by commas has the one that `entry` begins with. */
static bool lists(const char *names, const char *entry, size_t size)
{
    for (const char *at = names; at != NULL; at = strchr(at, ','), at = at ? at + 1 : NULL)
        if (strncmp(at, entry, size) == 0 && (at[size] == ',' || at[size] == '\0'))
            return true;
    return false;
}

/* No locale is ever set: letters are those of ASCII. */
static bool is_identifier(const char *name, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!isalnum((unsigned char)name[i]) && name[i] != '_')
            return false;
    return size > 0 && !isdigit((unsigned char)*name);
}

/* What the login itself sets stays as it sets it. */
static bool is_shown(const struct login *login, const char *entry, size_t size)
{
    static const char own[] = "HOME,LOGNAME,MAIL,OLDPWD,PWD,SHELL,SHLVL,TERM,USER,_";

    return is_identifier(entry, size) && !lists(own, entry, size) && !lists(login->hidden, entry, size) &&
           (login->shown == NULL || lists(login->shown, entry, size));
}

/* In single quotes nothing means anything to a shell but the quote itself. */
static void write_line(FILE *file, const char *entry, size_t size)
{
    fprintf(file, "export %.*s='", (int)size, entry);
    for (const char *at = entry + size + 1; *at; at++)
        if (*at == '\'')
            fputs("'\\''", file);
        else
            fputc(*at, file);
    fputs("'\n", file);
}

static void write_lines(FILE *file, const struct login *login)
{
    for (char **entry = environ; *entry != NULL; entry++) {
        size_t size = strcspn(*entry, "=");

        if ((*entry)[size] == '=' && is_shown(login, *entry, size))
            write_line(file, *entry, size);
    }
}

void write_profile(const struct login *login, const char *path)
{
    int handle = unlink(path) == 0 || errno == ENOENT ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
    FILE *file = handle < 0 ? NULL : fdopen(handle, "w");
    bool bad = file == NULL;

    if (!bad) {
        write_lines(file, login);
        bad = ferror(file) != 0;
        bad = fclose(file) != 0 || bad;
    }
    if (bad)
        say("login shells will not see the program's environment: cannot write %s: %s", path, strerror(errno));
    /* An image whose /etc cannot be written has the file all the same, to be read by hand. */
    (void)!unlink(LINK);
    if (!bad)
        (void)!symlink(path, LINK);
}

void withhold_profile(const char *reason)
{
    (void)!unlink(LINK);
    say("login shells will not see the program's environment: %s", reason);
}

char **take_login(struct login *login, char **words)
{
    for (; words[0] != NULL && words[1] != NULL; words += 2)
        if (strcmp(words[0], "--hide") == 0)
            login->hidden = words[1];
        else if (strcmp(words[0], "--show") == 0)
            login->shown = words[1];
        else
            break;
    return words;
}
