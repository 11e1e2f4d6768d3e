/*
 * fuzz_parsers SEED COUNT DIRECTORY: what the launcher reads of others, over and over, in one process under the sanitizers. Each
 * word and file is as large as it says, to the byte, so reading beyond it is seen; what comes out is compared with what must.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launch.h"
#include "life.h"
#include "user.h"

enum { MOST = 12, LONG = 70000 };

static uint64_t seed;
static jmp_buf refused;
static int folder = -1;

_Noreturn void __wrap_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void expect(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz_parsers: %s\n", what);
    abort();
}

/* In the place of the launcher's own, which ends the process. */
void __wrap_fail(int code, const char *format, ...)
{
    char sentence[8192];
    va_list values;

    va_start(values, format);
    expect(vsnprintf(sentence, sizeof sentence, format, values) > 0, "a refusal without a word");
    va_end(values);
    expect(code == EXIT_USAGE, "a refusal that is none of usage");
    longjmp(refused, 1);
}

/* xorshift64 */
static size_t any(size_t bound)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed % bound);
}

static char *copy(const char *text, size_t size)
{
    char *word = malloc(size + 1);

    expect(word != NULL, "no memory");
    memcpy(word, text, size);
    word[size] = '\0';
    return word;
}

static char *noise(size_t size, const char *alphabet)
{
    char *word = malloc(size + 1);

    expect(word != NULL, "no memory");
    for (size_t i = 0; i < size; i++)
        word[i] = alphabet ? alphabet[any(strlen(alphabet))] : (char)(1 + any(255));
    word[size] = '\0';
    return word;
}

static char *any_word(void)
{
    static const char *const known[] = {
        "--", "--state", "/s", "--hook", "prestart:5:1", "poststop:86400:2:optional", "preonline:1:3", "--online-file", "/f",
        "--drain", "--stop", "--stop-signal", "--hold",
        "--service", "a:root:always:1", "a::never:2:optional", "b:1000:on-failure:1",
        "--by-architecture", "amd64=1", "amd64=2,arm64=1", "5", "0", "",
        "18446744073709551616", "86401", "x",
    };

    switch (any(8)) {
    case 0:
        return noise(any(24), NULL);
    case 1:
        return noise(any(24), "0123456789");
    case 2:
        return noise(any(24), any(2) ? "prestonlif:=,0159amd64/-" : ":always:n1");
    case 3:
        return any(64) ? noise(any(3), "-") : noise(LONG, "9x:");
    default: {
        const char *word = known[any(sizeof known / sizeof *known)];

        return copy(word, strlen(word));
    }
    }
}

static bool within(char **at, char **words, size_t size)
{
    return at >= words && at <= words + size;
}

static void check_options(const struct options *options, char **rest, char **words, size_t size)
{
    expect(within(rest, words, size) && *rest != NULL, "the program is none of the words");
    expect(options->state || !(options->size || options->services_size || options->online_file || options->hold),
           "hooks without a state directory");
    for (size_t i = 0; i < options->size; i++) {
        const struct hook *hook = &options->hooks[i];

        expect(within(hook->argv + hook->count, words, size), "a hook has more words than there are");
        for (size_t j = 0; j < hook->count; j++)
            expect(hook->argv[j] != NULL, "a hook lost a word");
        expect(hook->argv[hook->count] == NULL, "a hook has no end");
        expect(hook->seconds > 0 && hook->seconds <= 86400, "a hook has no time");
    }
    for (size_t i = 0; i < options->services_size; i++) {
        const struct service *service = &options->services[i];

        expect(within(service->argv + service->count, words, size), "a service has more words than there are");
        expect(*service->argv != NULL && service->argv[service->count] == NULL, "a service has no program, or no end");
        expect(*service->name && strlen(service->name) <= LONGEST_NAME && !strchr(service->name, '/'), "a service has no name");
        expect(strlen(service->user) <= LONGEST_USER && service->restart < RESTARTS, "a service is none");
    }
}

static void fuzz_options(void)
{
    static struct options options;
    static char **words, *owned[MOST];
    static size_t size;

    size = any(MOST);
    words = malloc((size + 1) * sizeof *words);
    expect(words != NULL, "no memory");
    for (size_t i = 0; i < size; i++)
        words[i] = owned[i] = any_word();
    words[size] = NULL;
    options = (struct options){0};
    if (setjmp(refused) == 0) {
        char **rest = read_options(&options, words);

        if (rest != NULL)
            check_options(&options, rest, words, size);
        if (rest != NULL && options.architectures != NULL)
            expect(within(choose(options.architectures, rest), words, size), "an architecture's program is none of the words");
    }
    for (size_t i = 0; i < size; i++)
        free(owned[i]);
    free(words);
}

/* The same by another way: as text. */
static bool is_number(const char *text, size_t size, uint64_t largest)
{
    char most[24];
    size_t length = (size_t)snprintf(most, sizeof most, "%llu", (unsigned long long)largest);

    if (size == 0 || strspn(text, "0123456789") < size || (*text == '0' && size > 1))
        return false;
    return size < length || (size == length && strncmp(text, most, size) <= 0);
}

static void fuzz_number(void)
{
    uint64_t largest = any(2) ? UINT64_MAX : any(any(2) ? 10 : 100000), value;
    char *text = noise(any(24), any(4) ? "0123456789" : "019 x");
    const char *end = read_number(text, largest, &value);
    size_t digits = strspn(text, "0123456789");

    expect((end != NULL) == is_number(text, digits, largest), "a number is one, or is none");
    expect(end == NULL || (end == text + digits && value == strtoull(text, NULL, 10)), "a number is another");
    free(text);
}

static bool is_state(const char *content, size_t size)
{
    size_t digits = strspn(content, "0123456789");

    if (size == 0 || size > 4096 || strlen(content) != size || strchr(content, '\n') != content + size - 1)
        return false;
    if (!is_number(content, digits, (uint64_t)1 << 53) || *content == '0')
        return false;
    return digits + 1 == size || (content[digits] == ' ' && digits + 2 < size);
}

static char *any_content(size_t *size)
{
    static const char *const shapes[] = {"3\n", "3 preonline\n", "3 preonline 7 120\n", "3 137 9\n", "3 hold\n", "9007199254740992\n"};
    const char *shape = shapes[any(sizeof shapes / sizeof *shapes)];
    char *content;

    *size = strlen(shape);
    if (any(32) == 0)
        return noise(*size = 4090 + any(10), "3");
    if (any(4) == 0)
        return noise(*size = any(40), any(2) ? NULL : "039 \n");
    content = copy(shape, *size);
    if (any(2))
        content[any(*size)] = "\0\n 09x\xff"[any(7)];
    return content;
}

static void fuzz_state(void)
{
    size_t size;
    uint64_t generation, code;
    char *content = any_content(&size);
    int file = openat(folder, "generation", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    const char *rest;

    expect(file >= 0 && write(file, content, size) == (ssize_t)size && close(file) == 0, "cannot write a file");
    rest = read_state("generation", &generation);
    expect((rest != NULL) == is_state(content, size), "a file says something, or nothing");
    expect(rest == NULL || generation == strtoull(content, NULL, 10), "a file says something else");
    expect(read_generation() == (rest && *rest == '\0' ? generation : 0), "a generation is one, or is none");
    expect(next_generation() == (rest && *rest == '\0' ? generation % ((uint64_t)1 << 53) : 0) + 1, "the next one follows");
    for (size_t i = 0; i < 2; i++) {
        renameat(folder, i ? "ended" : "generation", folder, i ? "result" : "ended");
        has_ended(3);
        read_result(3, "preonline", &code);
    }
    free(content);
}

static char *any_lines(const char *const shapes[static 5])
{
    char lines[512] = "";

    for (size_t i = any(6); i > 0; i--) {
        const char *shape = shapes[any(5)];
        char *line = any(4) ? copy(shape, strlen(shape)) : noise(any(40), any(2) ? NULL : "ap:01,\n");

        if (any(4) == 0 && *line)
            line[any(strlen(line))] = ":\n,x0"[any(5)];
        strcat(strcat(lines, line), any(16) ? "\n" : "");
        free(line);
    }
    return copy(lines, strlen(lines));
}

static void fuzz_user(void)
{
    static const char *const users[] = {
        "root:x:0:0:root:/root:/bin/sh", "app:x:1000:1001::/app:", "app:x:7:7", "a:b", "::0:0:::",
    };
    static const char *const groups[] = {"root:x:0:", "app:x:1001:app", "all:x:5:root,app,a", "x:x:y:app", "a:b:4294967295:app"};
    static const char *const wanted[] = {"app", "root", "0", "1000", "a", "", "4294967295"};
    char *lines = any_lines(users), *copied = copy(lines, strlen(lines));
    const char *name = wanted[any(sizeof wanted / sizeof *wanted)];
    struct user user;
    gid_t found[3];

    if (find_user(lines, name, &user)) {
        expect(*user.name && strchr(user.name, ':') == NULL && strchr(user.name, '\n') == NULL, "a user has no name");
        expect(user.id != (uid_t)-1 && user.group != (gid_t)-1, "a user has no number");
        expect(strcmp(user.name, name) == 0 || user.id == strtoul(name, NULL, 10), "a user is another");
        expect(!user.home || strstr(copied, user.home) != NULL, "a home is nowhere");
    }
    free(lines);
    free(copied);
    lines = any_lines(groups);
    expect(find_groups(lines, "app", 3, found) <= 3, "there are more groups than there is room for");
    free(lines);
}

static void fuzz_quote(void)
{
    char *text = noise(any(2 * QUOTED_SHOWN), NULL), shown[QUOTED_SIZE];

    expect(strlen(quote(shown, text)) < QUOTED_SIZE, "a quoted text is too long");
    for (const char *at = shown; *at; at++)
        expect(*at >= 0x20 && *at < 0x7f, "a quoted text cannot be printed");
    free(text);
}

int main(int argc, char *argv[])
{
    expect(argc == 4, "usage: fuzz_parsers SEED COUNT DIRECTORY");
    seed = strtoull(argv[1], NULL, 10) * 2 + 1;
    folder = open(argv[3], O_RDONLY | O_DIRECTORY);
    expect(folder >= 0 && open_state(argv[3]), "no such directory");
    for (unsigned long i = strtoul(argv[2], NULL, 10); i > 0; i--) {
        fuzz_options();
        fuzz_number();
        fuzz_user();
        if (i % 4 == 0)
            fuzz_state();
        fuzz_quote();
    }
    return 0;
}
