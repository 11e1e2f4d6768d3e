/* The life of a container with hooks: what its parts know of each other. */
#pragma once

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "options.h"
#include "state.h"

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
    bool left;        /* and postoffline succeeded */
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

/* Sends a signal to the program. */
void forward(const struct life *life, int number);

/* Watches, but not for long, and keeps the files of traffic as they are to be. */
void attend(struct life *life, int64_t until);

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

/* Whether a file is there that would count for somebody: who follows the online file may never read it. */
bool is_claimed(const struct life *life);

/* Both files are there as they were made, or none is. */
void keep_online(struct life *life);

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
