/* A program with the launcher's options before it, from the first process of a container or below another init. */
#include "launch.h"
#include "life.h"

static _Noreturn void usage(void)
{
    fail(EXIT_USAGE, "usage: launch [exec] [--by-architecture NAME=COUNT[,NAME=COUNT]...] [--java-debug PORT] -- PROGRAM "
         "[ARGUMENT]... | "
         "launch [exec] --state DIRECTORY [--hook KIND:SECONDS:COUNT[:optional] WORD...]... "
         "[--service NAME:USER:RESTART:COUNT[:optional] WORD...]... [--online-file PATH] [--hold] [--drain SECONDS] "
         "[--stop SECONDS] [--stop-signal NUMBER] [--by-architecture ...] [--java-debug PORT] -- PROGRAM [ARGUMENT]... | "
         "launch online|offline|ready DIRECTORY | launch service crond|syslogd | "
         "launch service sshd [--hide NAMES] [--show NAMES] DIRECTORY [KEYS] | "
         "launch fill SOURCE VOLUME | launch install DIRECTORY | launch version");
}

/* Returns the argv that `words`, what follows the verb, ask for. */
static char **program(struct options *options, char **words)
{
    words = read_options(options, words);
    if (words == NULL)
        usage();
    if (options->architectures != NULL)
        words = choose(options->architectures, words);
    debug_java(options->java_debug, words);
    return words;
}

/* Where there is an init already nothing is left to do but hooks: without them the launcher makes way for the program. */
int run_program(char **words, bool below_init)
{
    static struct options options;
    char **argv;

    /* First of all: PID 1 is not even sent what nobody holds or handles. */
    hold_signals();
    argv = program(&options, words);

    if (options.state != NULL)
        return live(&options, argv);
    if (!below_init)
        return supervise(argv);
    set_java();
    become(argv);
}
