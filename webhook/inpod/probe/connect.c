/* Connecting to a port of this pod. */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../launch/launch.h"
#include "probe.h"

bool await(int connection, short event, int64_t until)
{
    struct pollfd one = {.fd = connection, .events = event};
    int64_t left = until - now();

    if (left > 0 && poll(&one, 1, (int)left) > 0)
        return true;
    errno = ETIMEDOUT;
    return false;
}

/* Waits for a connection that has begun; returns its error, 0 where it is there. */
static int finish(int connection, int64_t until)
{
    int error;
    socklen_t size = sizeof error;

    if (!await(connection, POLLOUT, until) || getsockopt(connection, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        return errno;
    return error;
}

static int connect_to(const struct sockaddr *address, socklen_t size, int64_t until)
{
    int connection = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error;

    if (connection < 0)
        return -1;
    error = connect(connection, address, size) == 0 ? 0 : errno;
    if (error == EINPROGRESS)
        error = finish(connection, until);
    if (error == 0)
        return connection;
    close(connection);
    errno = error;
    return -1;
}

static int connect_four(const struct sockaddr *address, unsigned port, int64_t until, char host[static HOST_SIZE])
{
    struct sockaddr_in full;
    char text[INET_ADDRSTRLEN];

    memcpy(&full, address, sizeof full);
    full.sin_port = htons((uint16_t)port);
    snprintf(host, HOST_SIZE, "%s:%u", inet_ntop(AF_INET, &full.sin_addr, text, sizeof text), port);
    return connect_to((struct sockaddr *)&full, sizeof full, until);
}

static int connect_six(const struct sockaddr *address, unsigned port, int64_t until, char host[static HOST_SIZE])
{
    struct sockaddr_in6 full;
    char text[INET6_ADDRSTRLEN];

    memcpy(&full, address, sizeof full);
    full.sin6_port = htons((uint16_t)port);
    snprintf(host, HOST_SIZE, "[%s]:%u", inet_ntop(AF_INET6, &full.sin6_addr, text, sizeof text), port);
    return connect_to((struct sockaddr *)&full, sizeof full, until);
}

/* Tries the addresses of the devices that loop back, or of all others. */
static int connect_first(const struct ifaddrs *all, bool loopback, unsigned port, int64_t until, char host[static HOST_SIZE])
{
    int connection = -1;

    for (const struct ifaddrs *one = all; one != NULL && connection < 0 && now() < until; one = one->ifa_next) {
        if (one->ifa_addr == NULL || ((one->ifa_flags & IFF_LOOPBACK) != 0) != loopback)
            continue;
        if (one->ifa_addr->sa_family == AF_INET)
            connection = connect_four(one->ifa_addr, port, until, host);
        else if (one->ifa_addr->sa_family == AF_INET6)
            connection = connect_six(one->ifa_addr, port, until, host);
    }
    return connection;
}

int connect_here(unsigned port, int64_t until, char host[static HOST_SIZE])
{
    struct ifaddrs *all;
    int connection, error;

    if (getifaddrs(&all) != 0)
        return -1;
    errno = EADDRNOTAVAIL; /* where there is not one */
    connection = connect_first(all, false, port, until, host);
    if (connection < 0)
        connection = connect_first(all, true, port, until, host);
    error = errno;
    freeifaddrs(all);
    errno = error;
    return connection;
}
