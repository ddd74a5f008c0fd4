/*
 * drain PATH: reads whatever comes over any number of connections to PATH as fast as it can. On SIGUSR1 it prints how many whole frames (by
 * QEMU's framing with vnet_hdr_support=on) and how many bytes have come: a count the forwarders have no part in. On SIGTERM it waits for the
 * connections' ends before.
 */
#include "common.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FRAMING = 8, BUFFER = 1 << 20, MOST_CONNECTIONS = 64 };

struct connection {
    pthread_t thread;
    int socket;
    size_t frames, bytes;
    unsigned char framing[FRAMING]; /* of the frame that is being read */
    size_t framing_read, payload_left;
};

static struct connection connections[MOST_CONNECTIONS];
static size_t connected;
static int listener;

static void count_frames(struct connection *from, const unsigned char *bytes, size_t count)
{
    from->bytes += count;
    while (count) {
        size_t step;

        if (from->framing_read < FRAMING) {
            step = FRAMING - from->framing_read < count ? FRAMING - from->framing_read : count;
            memcpy(from->framing + from->framing_read, bytes, step);
            from->framing_read += step;
            if (from->framing_read == FRAMING) {
                uint32_t length;

                memcpy(&length, from->framing, sizeof length);
                from->payload_left = ntohl(length);
            }
        } else {
            step = from->payload_left < count ? from->payload_left : count;
            from->payload_left -= step;
        }
        bytes += step;
        count -= step;
        if (from->framing_read == FRAMING && !from->payload_left) {
            from->frames++;
            from->framing_read = 0;
        }
    }
}

static void *read_to_the_end(void *argument)
{
    struct connection *from = argument;
    unsigned char *buffer = malloc(BUFFER);
    ssize_t count;

    if (!buffer)
        die("malloc");
    while ((count = read(from->socket, buffer, BUFFER)) > 0)
        count_frames(from, buffer, (size_t)count);
    close(from->socket);
    free(buffer);
    return NULL;
}

static void *accept_all(void *unused)
{
    (void)unused;
    for (size_t next = 0; next < MOST_CONNECTIONS; next++) {
        connections[next].socket = accept(listener, NULL, NULL);
        if (connections[next].socket < 0)
            die("accept");
        if (pthread_create(&connections[next].thread, NULL, read_to_the_end, &connections[next]))
            die("pthread_create");
        __atomic_store_n(&connected, next + 1, __ATOMIC_RELEASE);
    }
    return NULL;
}

/* The threads' own counts: they are quiet when they are asked for. */
static void tell(int at_the_end)
{
    size_t frames = 0, bytes = 0;

    for (size_t i = 0; i < __atomic_load_n(&connected, __ATOMIC_ACQUIRE); i++) {
        if (at_the_end)
            pthread_join(connections[i].thread, NULL);
        frames += __atomic_load_n(&connections[i].frames, __ATOMIC_RELAXED);
        bytes += __atomic_load_n(&connections[i].bytes, __ATOMIC_RELAXED);
    }
    printf("frames=%zu bytes=%zu\n", frames, bytes);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    pthread_t accepting;
    sigset_t told;
    int signal;

    if (argc != 2)
        usage("PATH");
    sigemptyset(&told);
    sigaddset(&told, SIGTERM);
    sigaddset(&told, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &told, NULL);
    listener = listen_at(argv[1]);
    if (pthread_create(&accepting, NULL, accept_all, NULL))
        die("pthread_create");
    say_ready();
    while (!sigwait(&told, &signal) && signal == SIGUSR1)
        tell(0);
    tell(1);
}
