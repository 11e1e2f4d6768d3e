/* The life of a container with hooks and services, from its start to its end. */

#include "launch.h"
#include "life.h"

/* What the container before left behind must mean nothing to anybody, before anything else happens. */
static void begin(struct life *life)
{
    static const char *const stale[] = {"request", "result", "ended", "switch"};
    uint64_t generation;
    bool unclean;

    make_state(life->options->state);
    go_offline(life);
    for (size_t i = 0; i < sizeof stale / sizeof *stale; i++)
        remove_state(stale[i]);
    life->generation = next_generation();
    /* Before the generation: whoever sees that one must not ask for preonline any more. */
    if (life->options->hold)
        write_state("switch", life->generation, " hold");
    /* A full volume keeps no program from running. */
    if (!write_state("generation", life->generation, "%s", "") && is_claimed(life))
        fail(EXIT_SYSTEM, "what brought an earlier start online is still there: nobody could tell that this one is not");
    unclean = read_state("running", &generation) != NULL;
    if (unclean) {
        life->reason = "unclean";
        run_hooks(life, POSTSTOP);
    }
    /* Where poststop was cut short it is made up for at the next start. */
    if (life->stop == 0)
        remove_state("running");
}

/* A container whose prestart fails ends with the hook's code; one that is stopped meanwhile as if by the signal. */
static void prestart(struct life *life)
{
    int code = run_hooks(life, PRESTART);
    char shown[QUOTED_SIZE];

    if (life->stop != 0)
        fail(128 + life->stop, "stopped by signal %d before the program was started", life->stop);
    if (code != 0)
        fail_after(last_lines(), code, "the prestart hook %s ended with exit code %d%s%s",
                   quote(shown, *life->failed->argv), code, code == EXIT_TIMEOUT ? " (its time was up)" : "",
                   *last_lines() ? "; its last lines:" : "");
}

static void begin_program(struct life *life, char *const argv[])
{
    write_state("running", life->generation, "%s", "");
    life->program.process = start(argv);
    life->phase = DURING;
    for (int number = 1; number <= SIGRTMAX; number++)
        if (sigismember(&life->early, number) == 1)
            forward(life, number);
}

int live(const struct options *options, char *const argv[])
{
    struct life life = {.options = options, .phase = BEFORE};

    sigemptyset(&life.early);
    prepare();
    open_output();
    begin(&life);
    prestart(&life);
    start_services(&life);
    begin_program(&life, argv);
    while (life.program.process != 0 && life.stop == 0) {
        look(&life);
        watch(&life, now() + (is_settled(&life) ? LOOK_SELDOM : LOOK_SOON));
    }
    stop(&life);
    end_services(&life);
    return exit_code(life.program.status);
}
