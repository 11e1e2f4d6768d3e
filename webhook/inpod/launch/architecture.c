/* An image for several architectures may run a different program on each: which one is meant on this machine. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "launch.h"

/*
 * What images call the architecture of this file (GOARCH), and after it what containerd runs on such a machine where the image
 * has nothing better (containerd/platforms compare.go).
 */
static const char *const own_names[] = {
#if defined __x86_64__
    "amd64", "386",
#elif defined __AARCH64EL__
    "arm64", "arm",
#elif defined __ARMEL__
    "arm",
#elif defined __i386__
    "386",
#elif defined __powerpc64__ && defined __LITTLE_ENDIAN__
    "ppc64le",
#elif defined __s390x__
    "s390x",
#elif defined __riscv && __riscv_xlen == 64
    "riscv64",
#elif defined __mips64 && defined __MIPSEL__
    "mips64le",
#elif defined __loongarch64
    "loong64",
#else
#error "what do images call this architecture?"
#endif
};

enum { LONGEST_NAME = 16, LARGEST_COUNT = 65535, MOST_SHARES = 32 };

/* Of the words: how many are one architecture's, and how many stand before them. */
struct share {
    const char *name; /* ends after `length` bytes */
    size_t length, count, before;
};

static _Noreturn void refuse(const char *list, const char *reason)
{
    char shown[QUOTED_SIZE];

    fail(EXIT_USAGE, "--by-architecture %s: %s", quote(shown, list), reason);
}

/* Returns the end of NAME=COUNT, which begins at `at`; NULL where it is something else. */
static const char *read_share(const char *at, struct share *share)
{
    size_t digits;

    share->name = at;
    share->length = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789");
    at += share->length;
    if (share->length == 0 || share->length > LONGEST_NAME || *at++ != '=')
        return NULL;
    digits = strspn(at, "0123456789");
    if (digits == 0 || (digits > 1 && *at == '0'))
        return NULL;
    share->count = strtoul(at, NULL, 10); /* ULONG_MAX for what is larger */
    at += digits;
    return share->count <= LARGEST_COUNT && (*at == ',' || *at == '\0') ? at : NULL;
}

static const struct share *find(const struct share *shares, size_t size, const char *name, size_t length)
{
    for (size_t i = 0; i < size; i++)
        if (shares[i].length == length && memcmp(shares[i].name, name, length) == 0)
            return &shares[i];
    return NULL;
}

/* Returns how many there are, at least one. */
static size_t read_list(const char *list, struct share shares[static MOST_SHARES])
{
    const char *at = list;
    size_t before = 0;

    for (size_t size = 0; size < MOST_SHARES; at++) {
        struct share *share = &shares[size];

        at = read_share(at, share);
        if (at == NULL)
            refuse(list, "write NAME=COUNT[,NAME=COUNT]...: Go's name of an architecture, and 0 to 65535 words");
        if (find(shares, size, share->name, share->length) != NULL)
            refuse(list, "an architecture is named twice");
        share->before = before;
        before += share->count;
        size++;
        if (*at == '\0')
            return size;
    }
    refuse(list, "too many architectures");
}

static const struct share *find_own(const struct share *shares, size_t size)
{
    const struct share *own = NULL;

    for (size_t i = 0; own == NULL && i < sizeof own_names / sizeof *own_names; i++)
        own = find(shares, size, own_names[i], strlen(own_names[i]));
    return own;
}

char **choose(const char *list, char **words)
{
    struct share shares[MOST_SHARES];
    size_t size = read_list(list, shares), all = shares[size - 1].before + shares[size - 1].count, there = 0;
    const struct share *own = find_own(shares, size);
    char **program;

    while (words[there] != NULL)
        there++;
    if (all > there)
        refuse(list, "it counts more words than follow");
    if (own == NULL)
        fail(EXIT_USAGE, "the image runs different programs per architecture and names none for %s", *own_names);
    program = words + all - own->count;
    memmove(program, words + own->before, own->count * sizeof *program);
    if (*program == NULL)
        refuse(list, "no word follows for this architecture");
    return program;
}
