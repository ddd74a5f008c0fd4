#include "common.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

void die(const char *what)
{
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
    exit(1);
}

void usage(const char *line)
{
    fprintf(stderr, "usage: %s %s\n", program_invocation_short_name, line);
    exit(2);
}

double number(const char *text, double least)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end || value < least) {
        fprintf(stderr, "%s: '%s' is no number of at least %g\n", program_invocation_short_name, text, least);
        exit(2);
    }
    return value;
}

unsigned interface_index(const char *ifname)
{
    unsigned index = if_nametoindex(ifname);

    if (!index)
        die(ifname);
    return index;
}

int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);

    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        die(path);
    }
    strcpy(address.sun_path, path);
    unlink(path);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 64))
        die(path);
    return listener;
}

void say_ready(void)
{
    puts("ready");
    fflush(stdout);
}

void sleep_exactly(void)
{
    prctl(PR_SET_TIMERSLACK, 1);
}

static int64_t clock_ns(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

int64_t now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

int64_t cpu_ns(void)
{
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

void sleep_until(int64_t monotonic_ns)
{
    struct timespec time = {.tv_sec = monotonic_ns / 1000000000, .tv_nsec = monotonic_ns % 1000000000};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
        ;
}
