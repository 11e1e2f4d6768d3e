/* Values of options: what is wrong with one, and numbers. */
#include <string.h>

#include "launch.h"

void refuse_option(const char *option, const char *value, const char *reason)
{
    char shown[QUOTED_SIZE];

    fail(EXIT_USAGE, "%s %s: %s", option, quote(shown, value), reason);
}

unsigned option_number(const char *option, const char *value, uint64_t least, uint64_t largest)
{
    uint64_t read;
    const char *end = read_number(value, largest, &read);

    if (end == NULL || *end != '\0' || read < least)
        refuse_option(option, value, "not a whole number in the range that is allowed");
    return (unsigned)read;
}

const char *read_word(const char *value, const char *const words[], size_t size, size_t *found)
{
    for (*found = 0; *found < size; ++*found) {
        size_t length = strlen(words[*found]);

        if (strncmp(value, words[*found], length) == 0 && value[length] == ':')
            return value + length + 1;
    }
    return NULL;
}

char **pass_words(const char *option, char **value, size_t count)
{
    for (size_t i = 1; i <= count; i++)
        if (value[i] == NULL)
            refuse_option(option, *value, "it counts more words than follow");
    return value + 1 + count;
}
