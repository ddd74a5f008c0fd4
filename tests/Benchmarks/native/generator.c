/*
 * generator IFNAME SIZE SECONDS [RATE]: sends frames of SIZE bytes towards a TAP's guest for SECONDS, RATE a second or as fast as it goes,
 * by AF_PACKET with up to 64 a system call. More than 1514 bytes are TCP super-frames with a virtio-net header.
 * SIZE "mix" is 7 of 64, 4 of 570 and 1 of 1514 bytes ("IMIX").
 */
#include "common.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum {
    BATCH = 64,
    GSO_BATCH = 8,
    /* Up to this rate each frame is sent alone, as a guest's peers would. */
    ALONE = 20000,
    FULL_FRAME = 1514,
    SEGMENT = 1448, /* 1500 - IP and TCP headers with time stamps */
    LARGEST = 65535 - 10,
    EXPERIMENTAL_ETHERTYPE = 0x88b5, /* IEEE 802: local experiments; nobody answers it */
};

static const int mix[] = {64, 570, 64, 64, 570, 64, 1514, 64, 570, 64, 64, 570};

/* A frame that begins with `header`'s virtio-net header. */
struct super_frame {
    struct virtio_net_hdr header;
    unsigned char bytes[LARGEST];
} __attribute__((packed));

static void make_plain(unsigned char *frame)
{
    struct ethhdr ethernet = {.h_proto = htons(EXPERIMENTAL_ETHERTYPE)};

    memset(ethernet.h_dest, 0x52, ETH_ALEN);
    memset(ethernet.h_source, 0x52, ETH_ALEN);
    memcpy(frame, &ethernet, sizeof ethernet);
}

/* TCP over IPv4 whose checksum is left to whoever cuts it into segments. */
static void make_super(struct super_frame *frame, int size)
{
    struct ethhdr ethernet = {.h_proto = htons(ETH_P_IP)};
    struct iphdr ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP, .tot_len = htons((uint16_t)(size - ETH_HLEN))};
    struct tcphdr tcp = {.doff = 8, .ack = 1};

    memset(ethernet.h_dest, 0x52, ETH_ALEN);
    memset(ethernet.h_source, 0x52, ETH_ALEN);
    ip.saddr = ip.daddr = htonl(0x0a090002);
    memcpy(frame->bytes, &ethernet, sizeof ethernet);
    memcpy(frame->bytes + ETH_HLEN, &ip, sizeof ip);
    memcpy(frame->bytes + ETH_HLEN + sizeof ip, &tcp, sizeof tcp);
    frame->header = (struct virtio_net_hdr){
        .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
        .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
        .gso_size = SEGMENT,
        .hdr_len = ETH_HLEN + sizeof ip + 4 * 8,
        .csum_start = ETH_HLEN + sizeof ip,
        .csum_offset = offsetof(struct tcphdr, check),
    };
}

static int open_sender(const char *ifname, int with_header, struct sockaddr_ll *to)
{
    int sender = socket(AF_PACKET, SOCK_RAW, 0);

    *to = (struct sockaddr_ll){
        .sll_family = AF_PACKET,
        .sll_ifindex = (int)interface_index(ifname),
        .sll_halen = ETH_ALEN,
        .sll_protocol = htons(with_header ? ETH_P_IP : EXPERIMENTAL_ETHERTYPE),
    };
    if (sender < 0)
        die("socket(AF_PACKET)");
    if (setsockopt(sender, SOL_PACKET, PACKET_VNET_HDR, &with_header, sizeof with_header))
        die("PACKET_VNET_HDR");
    return sender;
}

/* How many frames to send now, at most `most`; sleeps first if it is too early for any. */
static unsigned due(double rate, unsigned most, int64_t begin, long sent)
{
    unsigned step = rate <= ALONE ? 1 : most;

    if (rate == 0)
        return most;
    sleep_until(begin + (int64_t)((double)(sent + step - 1) * 1e9 / rate));
    return step;
}

int main(int argc, char **argv)
{
    static struct super_frame frame;
    struct sockaddr_ll to;
    struct iovec vectors[BATCH];
    struct mmsghdr messages[BATCH] = {0};
    int mixed, size, sender;
    unsigned most;
    double seconds, rate;
    int64_t begin, end, used;
    long sent = 0;

    if (argc != 4 && argc != 5)
        usage("IFNAME SIZE|mix SECONDS [RATE]");
    mixed = !strcmp(argv[2], "mix");
    size = mixed ? FULL_FRAME : (int)number(argv[2], ETH_ZLEN);
    if (size > LARGEST)
        usage("IFNAME SIZE|mix SECONDS [RATE]");
    seconds = number(argv[3], 0);
    rate = argc == 5 ? number(argv[4], 0) : 0;

    sender = open_sender(argv[1], size > FULL_FRAME, &to);
    most = size > FULL_FRAME ? GSO_BATCH : BATCH;
    if (size > FULL_FRAME)
        make_super(&frame, size);
    else
        make_plain(frame.bytes);
    for (unsigned i = 0; i < BATCH; i++) {
        int length = mixed ? mix[i % (sizeof mix / sizeof *mix)] : size;

        vectors[i] = size > FULL_FRAME ? (struct iovec){&frame, sizeof frame.header + (size_t)size}
                                       : (struct iovec){frame.bytes, (size_t)length};
        messages[i].msg_hdr =
            (struct msghdr){.msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &vectors[i], .msg_iovlen = 1};
    }

    sleep_exactly();
    begin = now_ns();
    end = begin + (int64_t)(seconds * 1e9);
    used = cpu_ns();
    while (now_ns() < end) {
        unsigned count = due(rate, most, begin, sent);
        int done = sendmmsg(sender, messages, count, 0);

        if (done < 0 && errno != EINTR && errno != ENOBUFS)
            die("sendmmsg");
        if (done > 0)
            sent += done;
    }
    printf("sent=%ld ns=%lld cpu_ns=%lld\n", sent, (long long)(now_ns() - begin), (long long)(cpu_ns() - used));
}
