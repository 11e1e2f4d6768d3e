/*
 * Test program for images without a libc or a shell: says what it sees, and behaves as it is told.
 *
 * Its arguments are steps, done in order; at the end it exits with 0:
 *   show ...          print every argument, environment entry and the directory in hex, user and groups, one a line, and exit
 *                     (whatever follows is not a step)
 *   say TEXT          print a line
 *   first-line FILE   print the first line of a file
 *   whoami            print process, parent, user and group
 *   until SIGNAL      print every signal that arrives, until this one does (0: for ever)
 *   sleep SECONDS
 *   zombies N         make N processes whose parent is gone, and wait until they have ended
 *   count-zombies     print how many ended processes nobody has waited for
 *   allocate MIB      touch that much memory, and keep it
 *   segfault
 *   exit CODE
 */
#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void show(const char *kind, char **strings)
{
    for (; *strings; strings++) {
        printf("%s ", kind);
        for (const unsigned char *byte = (unsigned char *)*strings; *byte; byte++)
            printf("%02x", *byte);
        putchar('\n');
    }
}

static void show_process(void)
{
    char directory[4096], *one[] = {directory, NULL};
    gid_t groups[64];
    int number = getgroups(64, groups);

    printf("user %d\ngroup %d\n", getuid(), getgid());
    for (int i = 0; i < number; i++)
        printf("group %d\n", groups[i]);
    if (getcwd(directory, sizeof directory))
        show("directory", one);
}

static void until(int wanted)
{
    sigset_t all;
    int arrived = -1;

    sigfillset(&all);
    while (arrived != wanted && !sigwait(&all, &arrived))
        printf("signal %d\n", arrived);
}

/* The reading end of the pipe sees its end when the last of them has ended. */
static void zombies(int number)
{
    int ends[2];
    char byte;

    if (pipe(ends))
        exit(1);
    for (int i = 0; i < number; i++) {
        pid_t child = fork();
        if (child == 0) {
            if (fork() > 0)
                _exit(0);
            usleep(10000); /* so that the parent is gone first */
            _exit(0);
        }
        waitpid(child, NULL, 0);
    }
    close(ends[1]);
    while (read(ends[0], &byte, 1) > 0)
        ;
    close(ends[0]);
}

static int count_zombies(void)
{
    int count = 0;
    DIR *processes = opendir("/proc");

    for (struct dirent *entry; processes && (entry = readdir(processes));) {
        char path[300], text[512] = "";
        FILE *file;
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        if (!(file = fopen(path, "r")))
            continue;
        if (fgets(text, sizeof text, file)) {
            const char *name_end = strrchr(text, ')');
            count += name_end && name_end[2] == 'Z';
        }
        fclose(file);
    }
    closedir(processes);
    return count;
}

static int first_line(const char *path)
{
    char line[512];
    FILE *file = fopen(path, "r");

    if (!file || !fgets(line, sizeof line, file)) {
        perror(path);
        return 1;
    }
    fclose(file);
    fputs(line, stdout);
    return 0;
}

static void allocate(size_t bytes)
{
    volatile char *memory = malloc(bytes);

    for (size_t page = 0; memory && page < bytes; page += 4096)
        memory[page] = 1;
}

int main(int argc, char **argv, char **environment)
{
    sigset_t all;
    char *volatile nowhere = NULL;

    setvbuf(stdout, NULL, _IOLBF, 0);
    sigfillset(&all);
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "until"))
            sigprocmask(SIG_BLOCK, &all, NULL); /* none may be lost before its step comes */

    for (char **step = argv + 1; *step; step++) {
        if (!strcmp(*step, "show")) {
            show("argument", argv);
            show("environment", environment);
            show_process();
            return 0;
        }
        if (!strcmp(*step, "whoami"))
            printf("process %d parent %d user %d group %d\n", getpid(), getppid(), getuid(), getgid());
        else if (!strcmp(*step, "count-zombies"))
            printf("zombies %d\n", count_zombies());
        else if (!strcmp(*step, "segfault"))
            *nowhere = 0; /* raise() would not end process 1 of a container */
        else if (!step[1]) {
            fprintf(stderr, "probe: %s is no step, or lacks its value\n", *step);
            return 2;
        } else {
            const char *verb = *step++;
            if (!strcmp(verb, "say"))
                puts(*step);
            else if (!strcmp(verb, "first-line")) {
                if (first_line(*step))
                    return 1;
            } else if (!strcmp(verb, "until"))
                until(atoi(*step));
            else if (!strcmp(verb, "sleep"))
                sleep(atoi(*step));
            else if (!strcmp(verb, "zombies"))
                zombies(atoi(*step));
            else if (!strcmp(verb, "allocate"))
                allocate((size_t)atoi(*step) << 20);
            else if (!strcmp(verb, "exit"))
                return atoi(*step);
            else {
                fprintf(stderr, "probe: %s is no step\n", verb);
                return 2;
            }
        }
    }
    return 0;
}
