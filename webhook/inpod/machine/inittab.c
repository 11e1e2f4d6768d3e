/*
 * An init that reads /etc/inittab, of sysvinit or BusyBox: the program is one of its entries. Neither can end by a code of
 * anybody's, so that each is made to become this program again, which can.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../launch/launch.h"
#include "machine.h"

#define TABLE "/etc/inittab"
#define FRESH TABLE ".richpod"
#define OWN "richpod"

enum { LINE = 4096 };

/* What sits at a terminal, of which a container has none. */
static bool is_kept(const char *line)
{
    static const char *const left_out[] = {"getty", "sulogin", "askfirst", "/bin/launch hosted", "--end"};

    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
        if (strstr(line, left_out[i]) != NULL)
            return false;
    return true;
}

/* Of the image, or what BusyBox does without any. */
static void copy_table(FILE *to, bool busybox)
{
    FILE *from = fopen(TABLE, "re");
    char line[LINE];

    if (from == NULL && busybox && access("/etc/init.d/rcS", X_OK) == 0)
        fputs("::sysinit:/etc/init.d/rcS\n", to);
    if (from == NULL)
        return;
    while (fgets(line, sizeof line, from) != NULL)
        if (is_kept(line))
            fputs(line, to);
    fclose(from);
}

void write_inittab(enum init init, const char *launch, unsigned restarts)
{
    FILE *file;

    unlink(FRESH);
    file = open_file(FRESH, 0644);
    copy_table(file, init == BUSYBOX);
    if (init == BUSYBOX)
        fprintf(file, "\n::once:%s hosted %u\n::restart:" OWN_INIT " --end\n", launch, restarts);
    else
        fprintf(file, "\nrp:2345:once:%s hosted %u\n", launch, restarts);
    close_file(file, FRESH);
    if (rename(FRESH, TABLE) != 0)
        fail(EXIT_SYSTEM, "cannot write %s, in which the image's init looks for the program: %s", TABLE, strerror(errno));
}
