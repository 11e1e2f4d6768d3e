/* The life of a container with hooks: what its parts know of each other. */
#pragma once

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* file.c */

/* A line, its newline and one byte more, by which a longer file shows. */
enum { LINE_SIZE = 4097 };

/* Reads a regular file of one line, without its newline. False where there is no such file: all else counts as absent. */
bool read_line(int directory, const char *path, char line[static LINE_SIZE]);

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

/* 0 where there is none. */
uint64_t read_generation(void);

/* One more than the one found. */
uint64_t next_generation(void);

/* Whether its program has ended. */
bool has_ended(uint64_t generation);

/* Reads a result `VERB CODE MILLISECONDS`; false where there is none. */
bool read_result(uint64_t generation, const char *verb, uint64_t *code);

/* options.c */

enum { MOST_HOOKS = 64 };

enum kind { PRESTART, PREONLINE, POSTOFFLINE, POSTSTOP, KINDS };

struct hook {
    enum kind kind;
    unsigned seconds;
    bool optional;
    char **argv;
    size_t count;
};

struct options {
    const char *architectures, *state, *online_file; /* NULL: not given */
    unsigned drain, stop;                            /* seconds; stop 0: never KILL */
    int stop_signal;                                 /* 0: none besides those that always are */
    bool hold;
    unsigned java_debug; /* port; 0: none */
    size_t size;
    struct hook hooks[MOST_HOOKS];
};

/* Reads `words` up to `--`; returns what stands behind, NULL where that is no usage. Explains and ends at a wrong value. */
char **read_options(struct options *options, char **words);
const char *kind_name(enum kind kind);

/* watch.c */

#define FOREVER INT64_MAX

/* Looks at the files for each one of a container. Tests need not wait for a real one's each time. */
#ifndef PACE
#define PACE 1
#endif

/* ms between two looks: while something is on its way, and otherwise */
enum { LOOK_SOON = 200 / PACE, LOOK_SELDOM = 2000 / PACE };

struct child {
    pid_t process; /* 0 where none runs */
    int status;    /* of the last one that ended, as waitpid tells it */
};

/* To what was asked for; told as soon as it can be written. */
struct answer {
    const char *verb; /* NULL: none */
    int code;
    int64_t milliseconds;
};

enum phase { BEFORE, DURING, AFTER }; /* the program runs; it is being stopped, or has ended */

struct life {
    const struct options *options; /* NULL where there is no state */
    enum phase phase;
    uint64_t generation;
    struct child program, hook;
    sigset_t early;   /* came before the program was there */
    int stop;         /* the first stop signal, 0 before it came */
    bool hurry;       /* another one came */
    bool forwarded;   /* the program was told to stop */
    bool online;
    bool offline;     /* a person's wish, followed */
    struct answer owed;
    const char *reason; /* of the end, for poststop */
    const struct hook *failed; /* the first one of the kind that was last run */
};

/* Blocks all signals: from now on none is lost. */
void hold_signals(void);

/* Takes what is held, and orphans, from now on. */
void prepare(void);

/* Waits until something happens, or the moment `until`, and takes it: one signal, children that ended, output of hooks. */
void watch(struct life *life, int64_t until);
bool is_stop(const struct life *life, int number);
int exit_code(int status);

/* Sends a signal to the program. */
void forward(const struct life *life, int number);

/* output.c */

void open_output(void);

/* Begins and ends the output of one hook, each of whose lines is passed on with its kind before it. */
void begin_output(enum kind kind);
void end_output(void);

/* Where hooks write; what to wait for; and what to do then. */
int output(void);
struct pollfd await_output(void);
void pass_output(void);

/* The last lines of the hook, printable. */
const char *last_lines(void);

/* hooks.c */

enum { EXIT_TIMEOUT = 124 }; /* as timeout(1) has it */

/* Runs the hooks of a kind in order; returns the first code that is not 0. Where one fails no other prestart and preonline follow. */
int run_hooks(struct life *life, enum kind kind);

/* online.c */

/* Makes the online file, or files; false where that failed. */
bool go_online(struct life *life);
void go_offline(struct life *life);

/* Whether a file is there that would count for somebody. */
bool is_claimed(const struct life *life);

/* Both files are there as they were made, or none is. */
void keep_online(struct life *life);

/* Watches, but not for long, and keeps them so. */
void attend(struct life *life, int64_t until);

/* The program has ended. */
void note_end(struct life *life);

/* requests.c */

void look(struct life *life);

/* Whether nothing is on its way. */
bool is_settled(const struct life *life);

/* stopping.c */

/* Until the drain is over, the program has ended, or a stop signal comes that was not there before. */
void drain(struct life *life);

/* From the first stop signal, or the end of the program, to the end of poststop. */
void stop(struct life *life);

/* live.c */

/* Runs argv as supervise does, with hooks around it. */
int live(const struct options *options, char *const argv[]);

/* switch.c */

/* A person's wish, from a process beside the launcher. Returns the exit code. */
int wish(const char *verb, const char *path);

/* ready.c */

/* Says whether the program is online, and where it is not, why. Returns the exit code. */
int ready(const char *path);
