/*
 * Hard links: what is one file in the image is one file in the volume. Until all is copied, a folder of the volume holds each
 * such file by the number that the image has for it. Where the volume can have no hard links, each name is a file of its own.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "copy.h"

#define NOTED "data.links"

enum { NUMBER_SIZE = 40 };

static int noted = -1;

static const char *number(char out[static NUMBER_SIZE], const struct stat *about)
{
    snprintf(out, NUMBER_SIZE, "%llx-%llx", (unsigned long long)about->st_dev, (unsigned long long)about->st_ino);
    return out;
}

bool link_noted(int to, const char *name, const struct stat *about)
{
    char known[NUMBER_SIZE];

    return about->st_nlink > 1 && linkat(noted, number(known, about), to, name, 0) == 0;
}

void note_link(int to, const char *name, const struct stat *about)
{
    char known[NUMBER_SIZE];

    /* One that is noted already stays; one that cannot be is copied once more. */
    if (about->st_nlink > 1 && linkat(to, name, noted, number(known, about), 0) != 0)
        return;
}

void end_links(int volume)
{
    int folder = openat(volume, NOTED, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *list = folder < 0 ? NULL : fdopendir(folder);
    struct dirent *entry;

    while (list != NULL && (entry = readdir(list)) != NULL)
        if (entry->d_name[0] != '.')
            unlinkat(folder, entry->d_name, 0);
    if (list != NULL)
        closedir(list);
    unlinkat(volume, NOTED, AT_REMOVEDIR);
}

/* Empty: at another start the image may have other numbers. */
void begin_links(int volume)
{
    end_links(volume);
    if (mkdirat(volume, NOTED, 0700) == 0)
        noted = openat(volume, NOTED, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}
