/*
 * machine: the image's own init is the container's first process, as on a virtual machine, and hosts the program as one of its
 * services. Part of the same binary as launch.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/types.h>

/* The image's, and what stands in a pod's command: this program. */
#define INIT "/sbin/init"
#define OWN_INIT "/.richpod/sbin/init"

/* In memory, and emptied at each start, as /run of a machine is. */
#define FOLDER "/run/richpod"
#define OUT FOLDER "/out"
#define ERR FOLDER "/err"

/* Somebody has asked for the end; the program has ended. */
#define HALTING FOLDER "/halting"
#define ENDED FOLDER "/ended"

/* Where the init is none of systemd: the process that stands in for the program, and by which code the machine ends. */
#define PROCESS_ID FOLDER "/process-id"
#define CODE FOLDER "/code"

/* SIGRTMIN+3, by its number: C libraries do not agree where SIGRTMIN is (trap 27). */
enum { HALT = 37 };

enum init { SYSTEMD, SYSV, BUSYBOX };

/* boot.c */

/* Becomes the image's init, which starts `words`, options and program of the launcher. Explains and ends where it cannot. */
_Noreturn void boot(char **words);

/* finish.c */

/* As process 1 once more: ends all others, and the container with the code that was left for it. */
_Noreturn void finish(void);

/* inittab.c */

void write_inittab(enum init init, const char *launch, unsigned restarts);

/* entry.c */

/* Runs the program for an init that only starts it, and makes that one end as the program did. */
_Noreturn void stand_in(char **words, unsigned budget);

/* ask.c */

enum { SAID_SIZE = 256 };

/* Runs a program for what it prints, of which the beginning is taken. False, with errno, where there can be no process. */
bool ask(char *const argv[], char said[static SAID_SIZE]);

/* systemd.c */

/* The systemd of the image; explains and ends where there is none that can host a program. */
const char *find_systemd(unsigned *version);

/* Writes what it reads of us: the unit of the program, and which of its own it leaves alone. */
void write_units(const char *launch, unsigned restarts);

/* cgroup.c */

/* Explains and ends where this systemd could not write its control groups. */
void prove_cgroup(unsigned version);

/* folder.c */

/* Empties /run, but not what is mounted there, and makes FOLDER. Explains and ends where it is not to be had. */
void make_folder(void);

/* A new file below /run; closing it tells whether all of it was written. Each explains and ends where that fails. */
FILE *open_file(const char *path, mode_t mode);
void close_file(FILE *file, const char *path);
void write_file(const char *path, mode_t mode, const void *content, size_t size);
void make_directory(const char *path);
void make_link(const char *target, const char *path);

/* What processes of the machine leave each other; says why where it cannot be left. Without any it is `otherwise`. */
bool leave_number(const char *path, unsigned number);
unsigned left_number(const char *path, unsigned otherwise);

/* kept.c */

/* Which init it is that the image has. */
enum init kept_init(void);

/* Writes down how the program was to be started: words, environment, folder, groups, umask. */
void keep(enum init init, char *const words[]);

/* Makes this process as that one was, and returns the words. Explains and ends where nothing was kept. */
char **take_kept(void);

/* console.c */

/* Starts a process that copies to this one's stdout and stderr what is written into OUT, ERR and /dev/console. */
void start_console(void);

/* group.c */

/* Kills all of this process's control group but itself: whoever is left would stand in the way of the next start. */
void end_group(void);

/* hosted.c */

/* The verbs of the unit: the program, and what becomes of its end. */
char **host(void);
enum { LARGEST_BUDGET = 1000 };
int surface(unsigned budget);

/* Tells systemd by which code to end, and to end: of a machine that is halted nobody learns a code. */
void exit_machine(int code);

/* halt.c */

/* Asks the init to stop the machine. */
int halt(void);
