/*
 * ring_v2 IFNAME PATH SLOT SLEEP_US PREFETCH RING_MIB: TPACKET_V2, one slot a frame. After frames came together it sleeps SLEEP_US
 * instead of polling, so that the sender pays for no wake-up and the next batch is larger. PREFETCH is how many slots ahead the next
 * headers are fetched, 0 for not. A slot of an odd number of 64-byte cache lines spreads the headers over all sets of the cache.
 */
#include "common.h"
#include "forward.h"

#include <linux/if_packet.h>
#include <sys/mman.h>
#include <sys/socket.h>

enum { SMALL_BLOCK = 1 << 16, LARGE_BLOCK = 1 << 20, CACHE_LINE = 64, MANY = 8 };

struct ring {
    unsigned char *start;
    size_t slot, block;
    unsigned slots_a_block, slots;
};

static struct ring make_ring(const struct forwarder *forwarder, size_t slot, size_t size)
{
    /* Slots do not cross blocks: small blocks waste less memory in one piece, large ones hold a large slot at all. */
    size_t block = slot > SMALL_BLOCK ? LARGE_BLOCK : SMALL_BLOCK;
    struct ring ring = {.slot = slot, .block = block, .slots_a_block = (unsigned)(block / slot)};
    struct tpacket_req request = {
        .tp_block_size = (unsigned)block,
        .tp_block_nr = (unsigned)(size / block),
        .tp_frame_size = (unsigned)slot,
    };
    int version = TPACKET_V2;

    ring.slots = request.tp_frame_nr = ring.slots_a_block * request.tp_block_nr;
    /* No PACKET_RESERVE: TPACKET_ALIGN leaves 14 bytes before the kernel's header, framed() writes 10. */
    if (setsockopt(forwarder->capture, SOL_PACKET, PACKET_VERSION, &version, sizeof version) ||
        setsockopt(forwarder->capture, SOL_PACKET, PACKET_RX_RING, &request, sizeof request))
        die("PACKET_RX_RING");
    ring.start = mmap(NULL, size / block * block, PROT_READ | PROT_WRITE, MAP_SHARED, forwarder->capture, 0);
    if (ring.start == MAP_FAILED)
        die("mmap");
    return ring;
}

static inline struct tpacket2_hdr *slot_at(const struct ring *ring, unsigned index)
{
    size_t offset = index / ring->slots_a_block * ring->block + index % ring->slots_a_block * ring->slot;

    return (struct tpacket2_hdr *)(ring->start + offset);
}

/* The two lines that are written when the framing is, and the frame's first. */
static inline void prefetch(const struct ring *ring, unsigned index)
{
    const char *slot = (const char *)slot_at(ring, index % ring->slots);

    __builtin_prefetch(slot, 1);
    __builtin_prefetch(slot + CACHE_LINE, 1);
    __builtin_prefetch(slot + 2 * CACHE_LINE);
}

/* Forwards what is there from slot `first` on, at most one sendmsg full; returns how much that was. */
static unsigned forward_ready(struct forwarder *forwarder, const struct ring *ring, unsigned first, unsigned ahead)
{
    struct iovec vectors[MOST_IOVECS];
    unsigned count = 0;

    for (unsigned index = first; count < MOST_IOVECS; count++) {
        struct tpacket2_hdr *header = slot_at(ring, index);

        if (ahead)
            prefetch(ring, index + ahead);
        if (!(__atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
            break;
        vectors[count] = framed((unsigned char *)header + header->tp_mac - KERNEL_VNET_HEADER, header->tp_snaplen);
        if (++index == ring->slots)
            index = 0;
    }
    send_all(forwarder, vectors, count);
    for (unsigned i = 0, index = first; i < count; i++) {
        __atomic_store_n(&slot_at(ring, index)->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
        if (++index == ring->slots)
            index = 0;
    }
    forwarder->frames += count;
    return count;
}

int main(int argc, char **argv)
{
    struct forwarder forwarder;
    struct ring ring;
    int64_t sleep_ns;
    unsigned ahead, next = 0, since_sleep = 0;

    if (argc != 7)
        usage("IFNAME PATH SLOT SLEEP_US PREFETCH RING_MIB");
    sleep_ns = (int64_t)(number(argv[4], 0) * 1000);
    ahead = (unsigned)number(argv[5], 0);
    forward_open(&forwarder, argv[1], argv[2]);
    take_vnet_headers(&forwarder);
    take_outgoing_only(&forwarder);
    ring = make_ring(&forwarder, (size_t)number(argv[3], 256), (size_t)number(argv[6], 1) << 20);
    forward_begin(&forwarder);
    while (keep_going()) {
        unsigned count = forward_ready(&forwarder, &ring, next, ahead);

        next = (next + count) % ring.slots;
        since_sleep += count;
        if (count == MOST_IOVECS)
            continue;
        if (sleep_ns && since_sleep >= MANY)
            sleep_until(now_ns() + sleep_ns);
        else
            wait_for_frames(&forwarder);
        since_sleep = 0;
    }
    forward_end(&forwarder);
}
