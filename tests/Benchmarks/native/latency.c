/*
 * latency IFNAME PATH SECONDS RATE: listens at PATH; after SIGUSR1 it sends stamped frames of 100 bytes one at a time, RATE a second, and
 * prints how long after its stamp each was read off the connection.
 */
#include "common.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FRAME = 100, FRAMING = 8, BUFFER = 1 << 20, EXPERIMENTAL_ETHERTYPE = 0x88b5 };

/* For frames that are still on their way when the last was sent. */
static const int64_t longest_wait_ns = 1000000000;

static int listener;
static int64_t *latencies;
static size_t most, received, reordered;

/* Takes the whole frames among `count` bytes; returns how many bytes those are. */
static size_t take_frames(const unsigned char *bytes, size_t count, int64_t now)
{
    static int64_t newest;
    size_t taken = 0;

    while (count - taken >= FRAMING) {
        uint32_t length;
        int64_t stamp;

        memcpy(&length, bytes + taken, sizeof length);
        length = ntohl(length);
        if (count - taken < FRAMING + length)
            break;
        taken += FRAMING + length;
        /* From the end, as the virtio-net header before the frame is not equally long everywhere. */
        memcpy(&stamp, bytes + taken - FRAME + ETH_HLEN, sizeof stamp);
        reordered += stamp < newest;
        newest = stamp;
        if (received < most) {
            latencies[received] = now - stamp;
            __atomic_store_n(&received, received + 1, __ATOMIC_RELEASE);
        }
    }
    return taken;
}

static void *read_frames(void *unused)
{
    static unsigned char buffer[BUFFER];
    size_t have = 0;
    ssize_t count;
    int peer = accept(listener, NULL, NULL);

    (void)unused;
    if (peer < 0)
        die("accept");
    while ((count = read(peer, buffer + have, BUFFER - have)) > 0) {
        int64_t now = now_ns();
        size_t taken;

        have += (size_t)count;
        taken = take_frames(buffer, have, now);
        have -= taken;
        memmove(buffer, buffer + taken, have);
    }
    return NULL;
}

static size_t send_frames(const char *ifname, double seconds, double rate)
{
    struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)interface_index(ifname), .sll_halen = ETH_ALEN};
    struct ethhdr ethernet = {.h_proto = htons(EXPERIMENTAL_ETHERTYPE)};
    unsigned char frame[FRAME] = {0};
    int sender = socket(AF_PACKET, SOCK_RAW, 0);
    int64_t begin = now_ns();
    size_t sent = 0;

    if (sender < 0)
        die("socket(AF_PACKET)");
    memcpy(frame, &ethernet, sizeof ethernet);
    while (sent < most && (double)(now_ns() - begin) < seconds * 1e9) {
        int64_t stamp;

        sleep_until(begin + (int64_t)((double)(sent + 1) * 1e9 / rate));
        stamp = now_ns();
        memcpy(frame + ETH_HLEN, &stamp, sizeof stamp);
        if (sendto(sender, frame, sizeof frame, 0, (struct sockaddr *)&to, sizeof to) != sizeof frame)
            die("sendto");
        sent++;
    }
    return sent;
}

static int ascending(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

int main(int argc, char **argv)
{
    double seconds, rate;
    size_t sent, got;
    pthread_t reader;
    sigset_t start;
    int signal;

    if (argc != 5)
        usage("IFNAME PATH SECONDS RATE");
    seconds = number(argv[3], 0);
    rate = number(argv[4], 1);
    most = (size_t)(seconds * rate) + 1;
    latencies = calloc(most, sizeof *latencies);
    if (!latencies)
        die("calloc");
    sigemptyset(&start);
    sigaddset(&start, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &start, NULL);
    sleep_exactly();
    listener = listen_at(argv[2]);
    if (pthread_create(&reader, NULL, read_frames, NULL))
        die("pthread_create");
    say_ready();
    sigwait(&start, &signal);

    sent = send_frames(argv[1], seconds, rate);
    for (int64_t end = now_ns() + longest_wait_ns; __atomic_load_n(&received, __ATOMIC_ACQUIRE) < sent && now_ns() < end;)
        usleep(1000);
    got = __atomic_load_n(&received, __ATOMIC_ACQUIRE);
    if (!got) {
        fprintf(stderr, "latency: none of %zu frames came back\n", sent);
        return 1;
    }
    qsort(latencies, got, sizeof *latencies, ascending);
    printf("sent=%zu received=%zu reordered=%zu p50_ns=%lld p90_ns=%lld p99_ns=%lld max_ns=%lld\n", sent, got, reordered,
           (long long)latencies[got / 2], (long long)latencies[got * 9 / 10], (long long)latencies[got * 99 / 100],
           (long long)latencies[got - 1]);
}
