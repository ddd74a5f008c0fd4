/*
 * What the forwarders have in common: a packet socket on a TAP, a connection to a chardev, QEMU's framing between them, and an account at
 * the end. They differ in how frames come out of the kernel.
 */
#ifndef FORWARD_H
#define FORWARD_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/uio.h>

enum {
    KERNEL_VNET_HEADER = 10, /* struct virtio_net_hdr, what PACKET_VNET_HDR puts before a frame */
    SENT_VNET_HEADER = 12,   /* what a modern virtio-net device expects: two bytes num_buffers behind it */
    FRAMING = 8,             /* two big-endian words: the payload's length and its virtio-net header's */
    MOST_IOVECS = 1024,      /* IOV_MAX */
    LONGEST_FRAME = 69632,   /* NET_BUFSIZE of QEMU's net/net.h */
};

struct forwarder {
    int capture; /* the packet socket */
    int peer;    /* the chardev's connection */
    unsigned interface;
    long frames; /* forwarded */
};

/* A packet socket that receives nothing yet, and a connection to the chardev at path. SIGTERM is from here on for keep_going(). */
void forward_open(struct forwarder *forwarder, const char *ifname, const char *path);

/* 64 MiB, or what the kernel grants without CAP_NET_ADMIN. */
void large_receive_buffer(const struct forwarder *forwarder);

/* Frames come with their virtio-net header (PACKET_VNET_HDR). Before a ring is made. */
void take_vnet_headers(const struct forwarder *forwarder);

/* The kernel passes on only what goes towards the guest (SKF_AD_PKTTYPE). */
void take_outgoing_only(const struct forwarder *forwarder);

/* From here on the socket receives the TAP's frames. Says "ready". */
void forward_begin(const struct forwarder *forwarder);

/* True until SIGTERM came, which is noticed in wait_for_frames. */
bool keep_going(void);

/* Sleeps until the packet socket has something. */
void wait_for_frames(const struct forwarder *forwarder);

/* Sends all of it, waiting for the peer where need be, and returns. The vectors are changed. */
void send_all(const struct forwarder *forwarder, struct iovec *vectors, size_t count);

/* Prints what was forwarded and what the kernel dropped. */
void forward_end(const struct forwarder *forwarder);

static inline void put_u32(unsigned char *at, size_t value)
{
    uint32_t big_endian = htonl((uint32_t)value);

    memcpy(at, &big_endian, sizeof big_endian);
}

/*
 * Makes one piece to send of a frame of `length` bytes whose KERNEL_VNET_HEADER begins at `header`: the header grows by two bytes to the
 * front, and the framing is written before it.
 */
static inline struct iovec framed(unsigned char *header, size_t length)
{
    enum { GROWTH = SENT_VNET_HEADER - KERNEL_VNET_HEADER };
    unsigned char *start = header - GROWTH - FRAMING;

    memmove(header - GROWTH, header, KERNEL_VNET_HEADER);
    memset(header - GROWTH + KERNEL_VNET_HEADER, 0, GROWTH);
    put_u32(start, SENT_VNET_HEADER + length);
    put_u32(start + 4, SENT_VNET_HEADER);
    return (struct iovec){start, FRAMING + SENT_VNET_HEADER + length};
}

#endif
