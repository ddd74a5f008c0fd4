/* recvmmsg IFNAME PATH: up to 64 frames a recvmmsg, sent with one sendmsg. The fastest way without a ring. */
#include "common.h"
#include "forward.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

/* HEADROOM is what framed() writes before the kernel's header, and more. */
enum { BATCH = 64, HEADROOM = 16, SLOT = HEADROOM + KERNEL_VNET_HEADER + LONGEST_FRAME };

int main(int argc, char **argv)
{
    struct forwarder forwarder;
    struct iovec receive[BATCH], send[BATCH];
    struct mmsghdr messages[BATCH] = {0};
    unsigned char *slots = malloc((size_t)BATCH * SLOT);

    if (argc != 3)
        usage("IFNAME PATH");
    if (!slots)
        die("malloc");
    for (int i = 0; i < BATCH; i++) {
        receive[i] = (struct iovec){slots + (size_t)i * SLOT + HEADROOM, SLOT - HEADROOM};
        messages[i].msg_hdr.msg_iov = &receive[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }

    forward_open(&forwarder, argv[1], argv[2]);
    large_receive_buffer(&forwarder);
    take_vnet_headers(&forwarder);
    take_outgoing_only(&forwarder);
    forward_begin(&forwarder);
    while (keep_going()) {
        int count = recvmmsg(forwarder.capture, messages, BATCH, MSG_DONTWAIT, NULL);

        if (count < 0 && errno != EAGAIN && errno != EINTR)
            die("recvmmsg");
        if (count <= 0) {
            wait_for_frames(&forwarder);
            continue;
        }
        for (int i = 0; i < count; i++)
            send[i] = framed(receive[i].iov_base, messages[i].msg_len - KERNEL_VNET_HEADER);
        send_all(&forwarder, send, (size_t)count);
        forwarder.frames += count;
    }
    forward_end(&forwarder);
}
