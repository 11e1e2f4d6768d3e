/* The parts of copying a folder into a volume. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* What is being written has this name until it is whole. */
#define FRESH ".richpod-fill"

/* progress.c */

/* What is in the volume so far, and what this user may not read. */
extern struct copied {
    uint64_t files, bytes, unreadable;
} copied;

/* Explains by errno what could not be copied, and ends. */
_Noreturn void give_up(const char *name);

/* Counts what is there, and says now and then how far it is. */
void tell(uint64_t bytes);

/* copy.c */

/* Copies an open folder, which it closes, to the name in another; what is there already stays. Explains and ends. */
void copy_folder(int from, int to, const char *name);

/* twin.c */

/* Whether, of a change of owner, the error says that this user, or one of this user namespace, cannot make it. */
bool is_kept(int error);

/* Copies the open file to the name, and closes it. */
void copy_file(int from, int to, const char *name, const struct stat *about);

/* Gives the open copy the rights, the attributes and the times of the open original. */
void copy_about(int from, int to, const char *name, const struct stat *about);

/* links.c */

/* Between the two, what is one file in the image becomes one file in the volume. */
void begin_links(int volume);
void end_links(int volume);

/* Makes the name another one of a file that has been noted; false where there is none. */
bool link_noted(int to, const char *name, const struct stat *about);
void note_link(int to, const char *name, const struct stat *about);
