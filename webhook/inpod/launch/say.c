/* Sentences for people: on stderr, and in the termination message that `kubectl describe pod` shows. */
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "launch.h"

/* The kubelet's default terminationMessagePath. It makes the file; where it made none, none is made here. */
#define TERMINATION_MESSAGE "/dev/termination-log"

/* The kubelet keeps the last 4096 bytes of a termination message; a sentence stays within, so its beginning is never lost. */
enum { SENTENCE_SIZE = 4096 };

static size_t escape(char out[static 5], char byte)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char value = (unsigned char)byte;

    if (byte == '"' || byte == '\\') {
        out[0] = '\\';
        out[1] = byte;
        return 2;
    }
    if (value >= 0x20 && value < 0x7f) {
        out[0] = byte;
        return 1;
    }
    out[0] = '\\';
    out[1] = 'x';
    out[2] = digits[value >> 4];
    out[3] = digits[value & 0xf];
    return 4;
}

char *quote(char out[static QUOTED_SIZE], const char *text)
{
    size_t shown = strnlen(text, QUOTED_SHOWN);
    char *end = out;

    *end++ = '"';
    for (size_t i = 0; i < shown; i++)
        end += escape(end, text[i]);
    *end++ = '"';
    strcpy(end, text[shown] ? "..." : "");
    return out;
}

/* Returns the length of the line, which ends with a newline. */
__attribute__((format(printf, 2, 0))) static size_t compose(char line[static SENTENCE_SIZE], const char *format, va_list values)
{
    size_t length = strlen(strcpy(line, "richpod: "));

    vsnprintf(line + length, SENTENCE_SIZE - length - 1, format, values);
    length = strlen(line);
    line[length] = '\n';
    return length + 1;
}

/* A failure to write has nowhere to be reported: stderr may be closed. */
static void put(int file, const char *line, size_t length)
{
    if (write(file, line, length) < 0)
        return;
}

void say(const char *format, ...)
{
    char line[SENTENCE_SIZE];
    va_list values;

    va_start(values, format);
    put(STDERR_FILENO, line, compose(line, format, values));
    va_end(values);
}

void fail(int code, const char *format, ...)
{
    char line[SENTENCE_SIZE];
    va_list values;
    size_t length;
    int message;

    va_start(values, format);
    length = compose(line, format, values);
    va_end(values);
    message = open(TERMINATION_MESSAGE, O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (message >= 0)
        put(message, line, length - 1);
    /* A closed stderr must not turn the code into SIGPIPE's. */
    signal(SIGPIPE, SIG_IGN);
    put(STDERR_FILENO, line, length);
    _exit(code);
}
