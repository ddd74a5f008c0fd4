// Writes what the guest's interface receives to standard output, as a pcap file: the guest's own account of its frames,
// made without anything of the host's. init starts it for eth0 where the machine has a virtio-serial port for the file.
//
// Each record is the 10-byte virtio-net header the guest's kernel keeps with the frame (PACKET_VNET_HDR: unfinished
// checksums and GSO as they came), then the frame with its VLAN tag put back. What the guest sends is left out.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { VNET_HEADER = 10, ADDRESSES = 12, TAG = 4, LARGEST = 65536 + 64, LINKTYPE_USER0 = 147, QUEUE = 32 << 20 };

static void fail(const char *what)
{
    fprintf(stderr, "capture: %s: %s\n", what, strerror(errno));
    exit(1);
}

// Generic receive offload would join segments that came as frames of their own.
static void switch_off_gro(int s, const char *interface)
{
    struct ethtool_value value = { .cmd = ETHTOOL_SGRO };
    struct ifreq request = { .ifr_data = (char *)&value };
    strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
    if (ioctl(s, SIOCETHTOOL, &request) < 0)
        fail("switching off GRO");
}

static int open_socket(const char *interface)
{
    int on = 1, queue = QUEUE;
    struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
    int s = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (s < 0)
        fail("socket");
    switch_off_gro(s, interface);
    address.sll_ifindex = (int)if_nametoindex(interface);
    if (setsockopt(s, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) < 0 || setsockopt(s, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on) < 0
        || setsockopt(s, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) < 0
        || setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof queue) < 0)
        fail("setsockopt");
    if (bind(s, (struct sockaddr *)&address, sizeof address) < 0)
        fail(interface);
    return s;
}

static void write_all(const void *bytes, size_t length)
{
    for (size_t done = 0; done < length;)
    {
        ssize_t n = write(STDOUT_FILENO, (const char *)bytes + done, length - done);
        if (n < 0 && errno != EINTR)
            fail("writing");
        done += n > 0 ? (size_t)n : 0;
    }
}

// The tag the kernel took out of the frame, back to where it was; returns the new length. An unfinished checksum's place,
// counted from the frame's start, moves with it.
static size_t restore_tag(uint8_t *packet, size_t length, const struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR((struct msghdr *)message, c))
    {
        struct tpacket_auxdata aux;
        if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
            continue;
        memcpy(&aux, CMSG_DATA(c), sizeof aux);
        if (!(aux.tp_status & TP_STATUS_VLAN_VALID))
            continue;
        uint16_t tag[] = { htons(aux.tp_status & TP_STATUS_VLAN_TPID_VALID ? aux.tp_vlan_tpid : ETH_P_8021Q), htons(aux.tp_vlan_tci) };
        uint8_t *at = packet + VNET_HEADER + ADDRESSES;
        memmove(at + TAG, at, length - VNET_HEADER - ADDRESSES);
        memcpy(at, tag, TAG);
        struct virtio_net_hdr *header = (struct virtio_net_hdr *)packet;
        if (header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
            header->csum_start += TAG;
        return length + TAG;
    }
    return length;
}

int main(int argc, char **argv)
{
    static struct { uint32_t seconds, microseconds, captured, length; uint8_t packet[LARGEST]; } record;
    const uint32_t header[] = { 0xa1b2c3d4, 4 << 16 | 2, 0, 0, LARGEST, LINKTYPE_USER0 };
    if (argc != 2)
    {
        fputs("usage: capture INTERFACE > FILE.pcap\n", stderr);
        return 2;
    }
    int s = open_socket(argv[1]);
    write_all(header, sizeof header);
    // In the background from here on: who started it knows that no frame is missed any more.
    if (fork() != 0)
        return 0;
    for (;;)
    {
        char control[256];
        struct iovec room = { record.packet, LARGEST - TAG };
        struct msghdr message = { .msg_iov = &room, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
        ssize_t n = recvmsg(s, &message, 0);
        if (n < 0 && (errno == EINTR || errno == ENETDOWN))
            continue;
        if (n < VNET_HEADER + ETH_HLEN)
            fail(argv[1]);
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        record.seconds = (uint32_t)now.tv_sec;
        record.microseconds = (uint32_t)(now.tv_nsec / 1000);
        record.captured = record.length = (uint32_t)restore_tag(record.packet, (size_t)n, &message);
        write_all(&record, offsetof(__typeof__(record), packet) + record.length);
    }
}
