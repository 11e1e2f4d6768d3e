/* The state directory: where launcher and sidecar, of different users and perhaps in different sandboxes, tell each other. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launch.h"
#include "state.h"

/* What every reader holds exactly, whatever its numbers are. */
static const uint64_t LAST_GENERATION = (uint64_t)1 << 53;

static int directory = -1;

bool open_state(const char *path)
{
    directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return directory >= 0;
}

/* Not sticky: the sidecar, of another user, renames and removes there too. */
static bool make(const char *path)
{
    mode_t before = umask(0);
    bool made = mkdir(path, 0777) == 0 || errno == EEXIST;

    umask(before);
    return made;
}

/* The volume outlives the container, and with it what an earlier program has put in the directory's place. */
static void mend(const char *path)
{
    struct stat about;

    if (lstat(path, &about) != 0)
        return;
    if (!S_ISDIR(about.st_mode))
        unlink(path);
    else if ((about.st_mode & 0777) != 0777)
        chmod(path, 0777);
}

void make_state(const char *path)
{
    char shown[QUOTED_SIZE];

    mend(path);
    if (!make(path))
        fail(EXIT_SYSTEM, "cannot make the state directory %s: %s", quote(shown, path), strerror(errno));
    if (!open_state(path))
        fail(EXIT_SYSTEM, "cannot open the state directory %s: %s", quote(shown, path), strerror(errno));
}

const char *read_state(const char *name, uint64_t *generation)
{
    static char line[LINE_SIZE];
    const char *rest;

    if (!read_line(directory, name, line))
        return NULL;
    rest = read_number(line, LAST_GENERATION, generation);
    if (rest == NULL || *generation == 0 || (*rest != '\0' && (*rest != ' ' || rest[1] == '\0')))
        return NULL;
    return *rest ? rest + 1 : rest;
}

bool state_is(const char *name, uint64_t generation, const char *rest)
{
    uint64_t found;
    const char *text = read_state(name, &found);

    return text != NULL && found == generation && strcmp(text, rest) == 0;
}

bool write_state(const char *name, uint64_t generation, const char *format, ...)
{
    char line[128];
    va_list values;
    int length = snprintf(line, sizeof line, "%" PRIu64, generation);

    va_start(values, format);
    vsnprintf(line + length, sizeof line - (size_t)length - 1, format, values);
    va_end(values);
    strcat(line, "\n");
    return write_line(directory, name, line);
}

void remove_state(const char *name)
{
    remove_line(directory, name);
}

/* Of the directory that was opened, whatever is at its path by now. Where nothing can be removed nothing is written. */
void remove_states(const char *prefix)
{
    int opened = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = opened < 0 ? NULL : fdopendir(opened);
    struct dirent *entry;

    while (list != NULL && (entry = readdir(list)) != NULL)
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
            unlinkat(directory, entry->d_name, 0);
    if (list != NULL)
        closedir(list);
}

uint64_t read_generation(void)
{
    uint64_t generation;
    const char *rest = read_state("generation", &generation);

    return rest != NULL && *rest == '\0' ? generation : 0;
}

uint64_t next_generation(void)
{
    return read_generation() % LAST_GENERATION + 1;
}

bool has_ended(uint64_t generation)
{
    uint64_t found, code, signal;
    const char *rest = read_state("ended", &found);

    if (rest == NULL || found != generation)
        return false;
    rest = read_number(rest, 255, &code);
    rest = rest != NULL && *rest == ' ' ? read_number(rest + 1, (uint64_t)SIGRTMAX, &signal) : NULL;
    return rest != NULL && *rest == '\0';
}

bool read_result(uint64_t generation, const char *verb, uint64_t *code)
{
    uint64_t found, milliseconds;
    size_t length = strlen(verb);
    const char *rest = read_state("result", &found);

    if (rest == NULL || found != generation || strncmp(rest, verb, length) != 0 || rest[length] != ' ')
        return false;
    rest = read_number(rest + length + 1, 255, code);
    rest = rest != NULL && *rest == ' ' ? read_number(rest + 1, LAST_GENERATION, &milliseconds) : NULL;
    return rest != NULL && *rest == '\0';
}

const char *own_trouble(uint64_t code)
{
    return code == EXIT_SYSTEM ? ", or there is trouble with the online file: the container's log tells" : "";
}
