// The numbered packet: what send-numbered sends, the guest's agent counts and compare-captures recognises.
//
// It is the payload of a UDP datagram to port 9. All numbers are big endian.
//     offset 0   "QRNP"
//     offset 4   u32 stream     tells phases of a test apart
//     offset 8   u32 sequence   0, 1, 2 ... within its stream
//     offset 12  u32 length     of the whole payload, these 16 bytes included
//     offset 16  length - 16 bytes; the byte at offset i is (sequence + 7 * stream + i) mod 256
#ifndef NUMBERED_H
#define NUMBERED_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { NUMBERED_PORT = 9, NUMBERED_HEADER = 16, NUMBERED_MAX = 65507 /* the largest payload of UDP over IPv4 */ };

struct numbered
{
    uint32_t stream;
    uint32_t sequence;
};

static inline void numbered_put32(uint8_t *to, uint32_t value)
{
    value = htonl(value);
    memcpy(to, &value, sizeof value);
}

static inline uint32_t numbered_get32(const uint8_t *from)
{
    uint32_t value;
    memcpy(&value, from, sizeof value);
    return ntohl(value);
}

static inline uint8_t numbered_filler(struct numbered n, size_t offset)
{
    return (uint8_t)(n.sequence + 7 * n.stream + offset);
}

static inline void numbered_write(uint8_t *payload, size_t length, struct numbered n)
{
    memcpy(payload, "QRNP", 4);
    numbered_put32(payload + 4, n.stream);
    numbered_put32(payload + 8, n.sequence);
    numbered_put32(payload + 12, (uint32_t)length);
    for (size_t i = NUMBERED_HEADER; i < length; i++)
        payload[i] = numbered_filler(n, i);
}

// True if every byte is as numbered_write() made it.
static inline bool numbered_read(const uint8_t *payload, size_t length, struct numbered *n)
{
    if (length < NUMBERED_HEADER || memcmp(payload, "QRNP", 4) != 0)
        return false;
    n->stream = numbered_get32(payload + 4);
    n->sequence = numbered_get32(payload + 8);
    if (numbered_get32(payload + 12) != length)
        return false;
    for (size_t i = NUMBERED_HEADER; i < length; i++)
        if (payload[i] != numbered_filler(*n, i))
            return false;
    return true;
}

#endif
