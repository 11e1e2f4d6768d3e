/* Values of options: what is wrong with one, and numbers. */
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
