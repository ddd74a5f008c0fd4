// Sends numbered packets (../numbered.h) by UDP, port 9, at an even pace.
#include "../numbered.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void wait_until(struct timespec *next, long gap)
{
    next->tv_nsec += gap % 1000000000;
    next->tv_sec += gap / 1000000000 + next->tv_nsec / 1000000000;
    next->tv_nsec %= 1000000000;
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL) == EINTR)
        ;
}

int main(int argc, char **argv)
{
    if (argc < 4 || argc > 6)
    {
        fputs("usage: send-numbered ADDRESS STREAM COUNT [SIZE [PER-SECOND]]\n"
              "Sends COUNT datagrams of SIZE bytes (100) to ADDRESS, port 9, PER-SECOND (1000) a second.\n", stderr);
        return 2;
    }
    uint32_t stream = (uint32_t)strtoul(argv[2], NULL, 10), count = (uint32_t)strtoul(argv[3], NULL, 10);
    size_t size = argc > 4 ? strtoul(argv[4], NULL, 10) : 100;
    long rate = argc > 5 ? strtol(argv[5], NULL, 10) : 1000;
    if (size < NUMBERED_HEADER || size > NUMBERED_MAX || rate < 1)
    {
        fprintf(stderr, "send-numbered: SIZE is %d to %d, PER-SECOND at least 1\n", NUMBERED_HEADER, NUMBERED_MAX);
        return 2;
    }

    struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_DGRAM }, *to;
    int error = getaddrinfo(argv[1], "9", &hints, &to);
    if (error)
    {
        fprintf(stderr, "send-numbered: %s: %s\n", argv[1], gai_strerror(error));
        return 1;
    }
    int s = socket(to->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    static uint8_t payload[NUMBERED_MAX];
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (uint32_t sequence = 0; sequence < count; sequence++)
    {
        if (sequence)
            wait_until(&next, 1000000000 / rate);
        numbered_write(payload, size, (struct numbered) { stream, sequence });
        // Not connected: an ICMP error for an earlier packet is no reason to leave one out.
        if (sendto(s, payload, size, 0, to->ai_addr, to->ai_addrlen) < 0)
        {
            fprintf(stderr, "send-numbered: packet %u to %s: %s\n", sequence, argv[1], strerror(errno));
            return 1;
        }
    }
    freeaddrinfo(to);
    close(s);
    return 0;
}
