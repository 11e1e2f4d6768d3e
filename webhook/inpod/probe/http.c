/* One GET, as the kubelet's probes ask, for no longer than it may take. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../launch/launch.h"
#include "probe.h"

enum { HEAD_SIZE = 16384, BLOCK_SIZE = 4096, MOST_REST = 65536, SHORTLY = 100 };

/* Writes the header, unless the question has its own. */
static void add(FILE *into, const struct question *question, const char *name, const char *value)
{
    size_t length = strlen(name);

    for (size_t i = 0; i < question->size; i++)
        if (strncasecmp(question->headers[i], name, length) == 0 && question->headers[i][length] == ':')
            return;
    fprintf(into, "%s: %s\r\n", name, value);
}

/* Returns a text of `size` bytes, to be freed; NULL, with errno, where there is no memory. */
static char *compose(const struct question *question, const char *host, size_t *size)
{
    char *text = NULL;
    FILE *into = open_memstream(&text, size);

    if (into == NULL)
        return NULL;
    fprintf(into, "GET %s HTTP/1.1\r\n", question->path);
    add(into, question, "Host", host);
    /* Servers that know the kubelet's probes know them by the first word. */
    add(into, question, "User-Agent", "kube-probe/richpod");
    add(into, question, "Accept", "*/*");
    for (size_t i = 0; i < question->size; i++)
        fprintf(into, "%s\r\n", question->headers[i]);
    fprintf(into, "Connection: close\r\n\r\n");
    fclose(into);
    return text;
}

static bool send_all(int connection, const char *text, size_t size, int64_t until)
{
    while (size > 0) {
        ssize_t sent = await(connection, POLLOUT, until) ? send(connection, text, size, MSG_NOSIGNAL) : -1;

        if (sent < 0)
            return false;
        text += sent;
        size -= (size_t)sent;
    }
    return true;
}

/* Reads until the first line is there, or all that there is room for; false, with errno, where nothing comes. */
static bool read_head(int connection, char head[static HEAD_SIZE], int64_t until)
{
    size_t size = 0;
    ssize_t more = 1;

    while (more > 0 && size < HEAD_SIZE - 1 && memchr(head, '\n', size) == NULL) {
        more = await(connection, POLLIN, until) ? recv(connection, head + size, HEAD_SIZE - 1 - size, 0) : -1;
        if (more < 0)
            return false;
        size += (size_t)more;
    }
    head[size] = '\0';
    errno = ENODATA;
    return size > 0;
}

/* Servers tell their log of clients that leave amid an answer. But one that does not end the connection is not waited for. */
static void read_rest(int connection)
{
    int64_t until = now() + SHORTLY;
    char block[BLOCK_SIZE];

    for (size_t size = 0; size < MOST_REST && await(connection, POLLIN, until);) {
        ssize_t more = recv(connection, block, sizeof block, 0);

        if (more <= 0)
            return;
        size += (size_t)more;
    }
}

/* Returns the status, 0 where the text does not begin with a line that tells one. */
static int read_status(const char *head)
{
    const char *code = head + strlen("HTTP/1.x ");

    if ((strncmp(head, "HTTP/1.0 ", 9) != 0 && strncmp(head, "HTTP/1.1 ", 9) != 0) || strchr(head, '\n') == NULL)
        return 0;
    if (strspn(code, "0123456789") != 3 || (code[3] != ' ' && code[3] != '\r' && code[3] != '\n'))
        return 0;
    return atoi(code);
}

/* Returns the status, 0 where the answer has none; -1, with errno, where there is no answer. */
static int ask(int connection, const struct question *question, const char *host, int64_t until)
{
    char head[HEAD_SIZE], *text;
    size_t size;
    bool asked;

    text = compose(question, host, &size);
    asked = text != NULL && send_all(connection, text, size, until);
    free(text);
    if (!asked || !read_head(connection, head, until))
        return -1;
    read_rest(connection);
    return read_status(head);
}

static const char *explain(int error)
{
    switch (error) {
    case ETIMEDOUT:
        return "no answer in time";
    case ENODATA:
        return "it ended the connection without an answer";
    default:
        return strerror(error);
    }
}

bool answers(const struct question *question, char reason[static REASON_SIZE])
{
    int64_t until = now() + question->milliseconds;
    char host[HOST_SIZE];
    int connection = connect_here(question->port, until, host);
    int status = connection < 0 ? -1 : ask(connection, question, host, until);

    if (status < 0)
        snprintf(reason, REASON_SIZE, "%s", explain(errno));
    else if (status == 0)
        snprintf(reason, REASON_SIZE, "its answer is not HTTP");
    else
        snprintf(reason, REASON_SIZE, "it answered %d", status);
    if (connection >= 0)
        close(connection);
    return status >= 200 && status < 400;
}
