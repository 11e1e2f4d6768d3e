/* The state directory: what launcher, sidecar and people tell each other in files of one line. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* file.c */

/* A line, its newline and one byte more, by which a longer file shows. */
enum { LINE_SIZE = 4097 };

/* Reads a regular file of one line, without its newline. False where there is no such file: all else counts as absent. */
bool read_line(int directory, const char *path, char line[static LINE_SIZE]);

/* Whether a file, or a link, is there, whatever it holds. */
bool is_file(int directory, const char *path);

/* Makes the file appear by rename. Says why where it does not. */
bool write_line(int directory, const char *path, const char *line);

/* Says why where the file stays. */
void remove_line(int directory, const char *path);

/* state.c */

/* False, with errno, where there is no such directory. */
bool open_state(const char *path);

/* Explains and ends where the directory is not to be had. */
void make_state(const char *path);

/* A file `N` or `N REST`: returns REST, "" for the former, until the next call; NULL where it is absent or anything else. */
const char *read_state(const char *name, uint64_t *generation);
bool state_is(const char *name, uint64_t generation, const char *rest);

/* Writes N and what `format` makes, which begins with a blank or is empty. */
__attribute__((format(printf, 3, 4))) bool write_state(const char *name, uint64_t generation, const char *format, ...);
void remove_state(const char *name);

/* All whose names begin so. */
void remove_states(const char *prefix);

/* 0 where there is none. */
uint64_t read_generation(void);

/* One more than the one found. */
uint64_t next_generation(void);

/* Whether its program has ended. */
bool has_ended(uint64_t generation);

/* Reads a result `VERB CODE MILLISECONDS`; false where there is none. */
bool read_result(uint64_t generation, const char *verb, uint64_t *code);

/* What else a result's code may mean, behind it in a sentence: the launcher's own trouble has one that a hook may have, too. */
const char *own_trouble(uint64_t code);

/* switch.c */

/* A person's wish, from a process beside the launcher. Returns the exit code. */
int wish(const char *verb, const char *path);

/* ready.c */

/* Says whether the program is online, and where it is not, why. Returns the exit code. */
int ready(const char *path);
