/* The online file: traffic follows it, so nobody but the launcher makes it, and only for a program that runs and is ready. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/wait.h>

#include "launch.h"
#include "life.h"

bool go_online(struct life *life)
{
    const char *file = life->options->online_file;
    char line[24];

    snprintf(line, sizeof line, "%" PRIu64 "\n", life->generation);
    life->left = false;
    life->online = write_state("online", life->generation, "%s", "") && (file == NULL || write_line(AT_FDCWD, file, line));
    if (!life->online)
        go_offline(life);
    return life->online;
}

/* Also a file that somebody else made: whoever asks this program for it would take that for its own. */
void go_offline(struct life *life)
{
    life->online = false;
    remove_state("online");
    if (life->options->online_file != NULL)
        remove_line(AT_FDCWD, life->options->online_file);
}

static bool is_online(const char *file, uint64_t generation)
{
    char line[LINE_SIZE];
    uint64_t found;

    if (!state_is("online", generation, ""))
        return false;
    if (file == NULL)
        return true;
    if (!read_line(AT_FDCWD, file, line))
        return false;
    return read_number(line, generation, &found) != NULL && found == generation;
}

bool is_claimed(const struct life *life)
{
    const char *file = life->options->online_file;
    uint64_t generation;

    return read_state("online", &generation) != NULL || (file != NULL && is_file(AT_FDCWD, file));
}

void keep_online(struct life *life)
{
    const char *file = life->options->online_file;

    if (life->online ? !is_online(file, life->generation) : is_claimed(life))
        go_offline(life);
}

void note_end(struct life *life)
{
    int status = life->program.status;

    go_offline(life);
    write_state("ended", life->generation, " %d %d", exit_code(status), WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}
