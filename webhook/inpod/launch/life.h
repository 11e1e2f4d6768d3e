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
    pid_t keepers[MOST_SERVICES]; /* 0: none, or it has ended */
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

/* Begins and ends the output of one hook or service, each of whose lines is passed on with a label before it. */
void begin_output(const char *label);
void end_output(void);

/* As the process that is about to become it: an empty input, and its output goes there. */
void take_output(void);

/* What to wait for, and what to do then. */
struct pollfd await_output(void);
void pass_output(void);

/* The last lines that it printed, printable. */
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

/* ../service/services.c */

/* Before a service's name: its file in the state directory, `N STARTS` while it runs, `N STARTS EXIT` once it has ended. */
#define SERVICE_FILE "service-"

/* Starts a keeper for each service, once the files of those before are gone. */
void start_services(struct life *life);

/* Ends them, in a few seconds. */
void end_services(struct life *life);

/* ../service/keeper.c */

/* As a process of its own: starts the service, and starts it again, until it is told to end it. */
_Noreturn void keep_service(const struct life *container, const struct service *service, pid_t launcher);

/* live.c */

/* Runs argv as supervise does, with hooks around it. */
int live(const struct options *options, char *const argv[]);
