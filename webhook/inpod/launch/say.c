/* Sentences for people: on stderr, and in the termination message that `kubectl describe pod` shows. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "launch.h"

/* The kubelet's default terminationMessagePath. It makes the file; where it made none, none is made here. */
static const char *termination_message = "/dev/termination-log";

static int destination = STDERR_FILENO;
static const char *subject = "richpod: ";

/* The kubelet keeps the last 4096 bytes of a termination message; a sentence stays within, so its beginning is never lost. */
enum { SENTENCE_SIZE = 4096 };

enum { PATIENCE = 1000 }; /* ms */

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
    size_t length = strlen(strcpy(line, subject));

    vsnprintf(line + length, SENTENCE_SIZE - length - 1, format, values);
    length = strlen(line);
    line[length] = '\n';
    return length + 1;
}

/*
 * A failure to write has nowhere to be reported: stderr may be closed. Where it takes nothing it is not waited for; where it can
 * be written, there is room for a sentence.
 */
static void put(int file, const char *line, size_t length)
{
    struct pollfd there = {.fd = file, .events = POLLOUT};

    if (poll(&there, 1, PATIENCE) == 0 || write(file, line, length) < 0)
        return;
}

void say(const char *format, ...)
{
    char line[SENTENCE_SIZE];
    va_list values;

    va_start(values, format);
    put(destination, line, compose(line, format, values));
    va_end(values);
}

void say_into(int file)
{
    destination = file;
    subject = "";
}

void leave_message(void)
{
    termination_message = NULL;
}

/* Returns the length of what is written: the sentence and, on lines of their own, as much of the end of `lines` as fits. */
static size_t append(char message[static SENTENCE_SIZE], size_t length, const char *lines)
{
    size_t size = strlen(lines), room = SENTENCE_SIZE - length;

    if (size > room)
        lines += size - room;
    size = size > room ? room : size;
    memcpy(message + length, lines, size);
    return length + size;
}

/* Anything else in its place has other readers, or none, for whom this process would wait for ever. */
static int open_message(void)
{
    return open(termination_message, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* `lines`, of the user, go into the message only: they stand in the log already. */
__attribute__((format(printf, 3, 0))) static _Noreturn void end(int code, const char *lines, const char *format, va_list values)
{
    char line[SENTENCE_SIZE];
    size_t length = compose(line, format, values);
    int message = termination_message ? open_message() : -1;

    /* A closed stderr must not turn the code into SIGPIPE's. */
    signal(SIGPIPE, SIG_IGN);
    put(destination, line, length);
    if (message >= 0)
        put(message, line, *lines ? append(line, length, lines) : length - 1);
    _exit(code);
}

void fail(int code, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    end(code, "", format, values);
}

void fail_after(const char *lines, int code, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    end(code, lines, format, values);
}
