/*
 * ring_v3 IFNAME PATH: TPACKET_V3, blocks of 1 MiB that the kernel hands over when they are full or 1 ms old. The least CPU, at the price
 * of up to that millisecond for every frame that does not fill a block.
 */
#include "common.h"
#include "forward.h"

#include <linux/if_packet.h>
#include <sys/mman.h>
#include <sys/socket.h>

enum { BLOCK = 1 << 20, BLOCKS = 32, SLOT = 2048, RETIRE_MS = 1, FRAMES_A_BLOCK = BLOCK / 64 };

static unsigned char *make_ring(const struct forwarder *forwarder)
{
    struct tpacket_req3 request = {
        .tp_block_size = BLOCK,
        .tp_block_nr = BLOCKS,
        .tp_frame_size = SLOT,
        .tp_frame_nr = BLOCK / SLOT * BLOCKS,
        .tp_retire_blk_tov = RETIRE_MS,
    };
    int version = TPACKET_V3;
    unsigned char *ring;

    /* No PACKET_RESERVE: TPACKET_ALIGN leaves 14 bytes before the kernel's header, framed() writes 10. */
    if (setsockopt(forwarder->capture, SOL_PACKET, PACKET_VERSION, &version, sizeof version) ||
        setsockopt(forwarder->capture, SOL_PACKET, PACKET_RX_RING, &request, sizeof request))
        die("PACKET_RX_RING");
    ring = mmap(NULL, (size_t)BLOCK * BLOCKS, PROT_READ | PROT_WRITE, MAP_SHARED, forwarder->capture, 0);
    if (ring == MAP_FAILED)
        die("mmap");
    return ring;
}

static void forward_block(struct forwarder *forwarder, struct tpacket_block_desc *block)
{
    static struct iovec vectors[FRAMES_A_BLOCK];
    unsigned char *at = (unsigned char *)block + block->hdr.bh1.offset_to_first_pkt;
    unsigned count = block->hdr.bh1.num_pkts;

    for (unsigned i = 0; i < count; i++) {
        struct tpacket3_hdr *header = (struct tpacket3_hdr *)at;

        vectors[i] = framed(at + header->tp_mac - KERNEL_VNET_HEADER, header->tp_snaplen);
        at += header->tp_next_offset;
    }
    send_all(forwarder, vectors, count);
    forwarder->frames += count;
}

int main(int argc, char **argv)
{
    struct forwarder forwarder;
    unsigned char *ring;
    unsigned next = 0;

    if (argc != 3)
        usage("IFNAME PATH");
    forward_open(&forwarder, argv[1], argv[2]);
    take_vnet_headers(&forwarder);
    take_outgoing_only(&forwarder);
    ring = make_ring(&forwarder);
    forward_begin(&forwarder);
    while (keep_going()) {
        struct tpacket_block_desc *block = (struct tpacket_block_desc *)(ring + (size_t)next * BLOCK);

        if (!(__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) {
            wait_for_frames(&forwarder);
            continue;
        }
        forward_block(&forwarder, block);
        __atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
        next = (next + 1) % BLOCKS;
    }
    forward_end(&forwarder);
}
