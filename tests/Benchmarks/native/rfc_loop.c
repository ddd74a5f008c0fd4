/*
 * rfc_loop IFNAME PATH: what "[RFC v3 4/7] net/filter-redirector: add AF_PACKET capture path" does for each frame, behaviour and not code:
 * one recvfrom, the direction looked at in user space, ten zero bytes as virtio-net header, and a write for each of length, header length
 * and payload (QEMU's filter_send). It is given the large receive buffer the others have, and is spared QEMU's copy of the payload.
 */
#include "common.h"
#include "forward.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

static void send_part(const struct forwarder *forwarder, void *part, size_t length)
{
    struct iovec vector = {part, length};

    send_all(forwarder, &vector, 1);
}

static void forward_frame(struct forwarder *forwarder, unsigned char *payload, size_t length)
{
    unsigned char word[4];

    put_u32(word, length);
    send_part(forwarder, word, sizeof word);
    /* What its netdev has announced to the guest, although the payload carries ten: as the RFC does. */
    put_u32(word, SENT_VNET_HEADER);
    send_part(forwarder, word, sizeof word);
    send_part(forwarder, payload, length);
    forwarder->frames++;
}

int main(int argc, char **argv)
{
    static unsigned char payload[KERNEL_VNET_HEADER + LONGEST_FRAME];
    struct forwarder forwarder;

    if (argc != 3)
        usage("IFNAME PATH");
    forward_open(&forwarder, argv[1], argv[2]);
    large_receive_buffer(&forwarder);
    forward_begin(&forwarder);
    while (keep_going()) {
        struct sockaddr_ll from;
        socklen_t from_length = sizeof from;
        ssize_t length = recvfrom(forwarder.capture, payload + KERNEL_VNET_HEADER, LONGEST_FRAME, MSG_DONTWAIT,
                                  (struct sockaddr *)&from, &from_length);

        if (length < 0 && errno != EAGAIN && errno != EINTR)
            die("recvfrom");
        if (length <= 0)
            wait_for_frames(&forwarder);
        else if (from.sll_pkttype == PACKET_OUTGOING)
            forward_frame(&forwarder, payload, KERNEL_VNET_HEADER + (size_t)length);
    }
    forward_end(&forwarder);
}
