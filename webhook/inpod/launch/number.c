/* Numbers as people and files write them. */
#include "launch.h"

const char *read_number(const char *at, uint64_t largest, uint64_t *value)
{
    const char *first = at;
    uint64_t number = 0;

    for (; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');

        if (digit > largest || number > (largest - digit) / 10)
            return NULL;
        number = number * 10 + digit;
    }
    if (at == first || (*first == '0' && at > first + 1))
        return NULL;
    *value = number;
    return at;
}
