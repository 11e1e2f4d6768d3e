/*
 * launch: starts a container's program, byte for byte as it was asked for, and is the init around it.
 * One static binary; it depends on libc alone and allocates nothing while a program runs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    EXIT_WAITS = 3,            /* of `launch ready`, and contract.py has it: nothing but a person brings the program online */
    EXIT_USAGE = 64,           /* EX_USAGE of sysexits.h */
    EXIT_SYSTEM = 71,          /* EX_OSERR: the kernel refused launch itself something, such as fork */
    EXIT_NOT_EXECUTABLE = 126, /* as shells have it */
    EXIT_NOT_FOUND = 127,
};

/* run.c */

/* Runs what `words`, options and a program, ask for; returns its exit code. Where there is an init above it may become it. */
int run_program(char **words, bool below_init);

/* say.c */

/* Fits quoted text: the longest input shown, each byte as \xNN, quotes, dots and the end. */
enum { QUOTED_SHOWN = 256, QUOTED_SIZE = 4 * QUOTED_SHOWN + 6 };

/* Writes `text` in double quotes into `out`, everything but plain printable ASCII escaped, long text cut. Returns `out`. */
char *quote(char out[static QUOTED_SIZE], const char *text);

/* Writes "richpod: SENTENCE" to stderr. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

/* Says it, puts the same into the container's termination message, and ends this process with `code`. */
__attribute__((format(printf, 2, 3))) _Noreturn void fail(int code, const char *format, ...);

/* Does the same, and the message ends with `lines`, the last that somebody printed. */
__attribute__((format(printf, 3, 4))) _Noreturn void fail_after(const char *lines, int code, const char *format, ...);

/* From now on this process's sentences go to another file, without who says them. */
void say_into(int file);

/* From now on the termination message is left alone: this process is not what the container is about. */
void leave_message(void);

/* number.c */

/* Reads a decimal number, at most `largest`, without leading zeros. Returns what follows it; NULL where there is none. */
const char *read_number(const char *at, uint64_t largest, uint64_t *value);

/* option.c */

/* Explains what is wrong with the value of an option, and ends. */
_Noreturn void refuse_option(const char *option, const char *value, const char *reason);

/* The value as a number in these bounds; explains and ends where it is none. */
unsigned option_number(const char *option, const char *value, uint64_t least, uint64_t largest);

/* Which of the words `value` begins with, before a colon. Returns what follows that; NULL where it begins with none. */
const char *read_word(const char *value, const char *const words[], size_t size, size_t *found);

/* Returns what follows an option's value and the words that it counts; explains and ends where there are fewer. */
char **pass_words(const char *option, char **value, size_t count);

/* clock.c */

/* Milliseconds that only ever grow. */
int64_t now(void);

/* architecture.c */

/*
 * `words`, up to NULL, are the words of one architecture after the other, as many as `list` says (amd64=2,arm64=3), and then the
 * words for all. Puts this architecture's right before those for all, over others', and returns where they begin. Explains and
 * ends where `list` is wrong or names nothing for this architecture.
 */
char **choose(const char *list, char **words);

/* program.c */

/* Becomes the program argv[0], found as execvp finds it, no signal blocked or ignored. Explains and ends where that fails. */
_Noreturn void become(char *const argv[]);

/* Whether there is a file for argv[0], as it would be looked for. */
bool is_there(const char *name);

/* Of what waitpid tells: 128+n where signal n ended it. */
int exit_code(int status);

/* java.c */

/* Prepares that the JVM of the program argv can be debugged at `port`, 0 where it is not to be. Before anything is started. */
void debug_java(unsigned port, char *const argv[]);

/* Puts what was prepared into the environment of this process, which is about to become the program. */
void set_java(void);

/* supervise.c */

/* Starts argv as the one main program, in a process group of its own; returns its number. */
pid_t start(char *const argv[]);

/* Runs argv as the one main program; returns its exit code, 128+n when signal n ended it. */
int supervise(char *const argv[]);

/* ../service/programs.c */

/* Becomes what the image has, or else the toolkit, for the service words[0]; `words` are its name and arguments. */
_Noreturn void become_service(char **words);

/* ../service/sshd.c */

/* Becomes the image's sshd by the words [--hide NAMES] [--show NAMES] FOLDER [KEYS]: its host keys are made once, in the folder. */
_Noreturn void become_sshd(char **words);

/* ../fill/fill.c */

/* Copies the folder into the volume where that has not been done; returns the exit code. */
int fill_volume(const char *folder, const char *volume);

/* install.c */

/* Copies the programs beside this one to DIRECTORY/bin and proves that they run there. */
int install(const char *directory);
