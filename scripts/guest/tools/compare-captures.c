// Compares the numbered packets (../numbered.h) of two pcap files, frame by frame, byte by byte.
#include "../numbered.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { ETHERNET = 14, UDP = 8, IP_PROTOCOL_UDP = 17 };

struct frame
{
    const uint8_t *bytes;
    size_t length;
    bool sound;
    struct numbered number;
};

struct capture
{
    struct frame *frames;
    size_t count, others;
};

static void fail(const char *file, const char *why)
{
    fprintf(stderr, "compare-captures: %s: %s\n", file, why);
    exit(2);
}

static uint16_t get16(const uint8_t *from)
{
    return (uint16_t)(from[0] << 8 | from[1]);
}

// The payload of a UDP datagram to the numbered port, over IPv4 or IPv6 without extension headers; NULL for anything else.
static const uint8_t *find_payload(const uint8_t *frame, size_t length, size_t *payload_length)
{
    if (length < ETHERNET + 40)
        return NULL;
    const uint8_t *ip = frame + ETHERNET, *udp = NULL;
    uint16_t type = get16(frame + 12);
    if (type == 0x0800 && ip[9] == IP_PROTOCOL_UDP)
        udp = ip + (ip[0] & 15) * 4;
    else if (type == 0x86dd && ip[6] == IP_PROTOCOL_UDP)
        udp = ip + 40;
    if (!udp || udp + UDP > frame + length || get16(udp + 2) != NUMBERED_PORT)
        return NULL;
    *payload_length = (size_t)get16(udp + 4) - UDP;
    return udp + UDP + *payload_length <= frame + length ? udp + UDP : NULL;
}

static uint8_t *read_file(const char *name, size_t *length)
{
    FILE *file = fopen(name, "rb");
    if (!file)
        fail(name, strerror(errno));
    uint8_t *bytes = NULL;
    size_t room = 0;
    *length = 0;
    do
    {
        room = room ? 2 * room : 1 << 20;
        bytes = realloc(bytes, room);
        if (!bytes)
            fail(name, "out of memory");
        *length += fread(bytes + *length, 1, room - *length, file);
    } while (*length == room);
    fclose(file);
    return bytes;
}

// Takes the frames of one stream; skip is what precedes the Ethernet frame in each record. A record not yet written to
// its end (the file is still growing) is left out.
static struct capture read_capture(const char *name, uint32_t stream, size_t skip)
{
    size_t length;
    const uint8_t *bytes = read_file(name, &length);
    uint32_t header[6], record[4];
    struct capture capture = { calloc(length / sizeof record + 1, sizeof(struct frame)), 0, 0 };
    if (!capture.frames)
        fail(name, "out of memory");
    if (length < sizeof header)
        return capture;
    memcpy(header, bytes, sizeof header);
    // Ethernet, or the guest's own capture (../capture.c).
    if (header[0] != 0xa1b2c3d4 || (header[5] != 1 && header[5] != 147))
        fail(name, "not a pcap file of Ethernet frames");

    for (size_t at = sizeof header; at + sizeof record <= length; at += sizeof record + record[2])
    {
        memcpy(record, bytes + at, sizeof record);
        if (at + sizeof record + record[2] > length)
            break;
        if (record[2] < skip)
            continue;
        struct frame frame = { .bytes = bytes + at + sizeof record + skip, .length = record[2] - skip };
        size_t payload_length;
        const uint8_t *payload = find_payload(frame.bytes, frame.length, &payload_length);
        if (payload)
            frame.sound = numbered_read(payload, payload_length, &frame.number);
        if (payload && frame.number.stream == stream)
            capture.frames[capture.count++] = frame;
        else
            capture.others++;
    }
    return capture;
}

static const struct frame *find(const struct capture *capture, uint32_t sequence, size_t from)
{
    for (size_t i = from; i < capture->count; i++)
        if (capture->frames[i].sound && capture->frames[i].number.sequence == sequence)
            return &capture->frames[i];
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc < 4 || argc > 6)
    {
        fputs("usage: compare-captures SENT.pcap GOT.pcap STREAM [SKIP [SENT-SKIP]]\n"
              "Prints, for the packets of STREAM: sent, got, identical (the whole frame), different, duplicates,\n"
              "out_of_order, and others (frames of GOT that are no packets of STREAM). SKIP bytes come before each\n"
              "frame in GOT: 12 for what QEMU's filter-dump writes beside a modern virtio-net device. SENT-SKIP is the\n"
              "same of SENT: 10 for a guest's own capture.\n", stderr);
        return 2;
    }
    uint32_t stream = (uint32_t)strtoul(argv[3], NULL, 10);
    struct capture sent = read_capture(argv[1], stream, argc > 5 ? strtoul(argv[5], NULL, 10) : 0);
    struct capture got = read_capture(argv[2], stream, argc > 4 ? strtoul(argv[4], NULL, 10) : 0);

    size_t identical = 0, different = 0, duplicates = 0, out_of_order = 0, sent_at = 0;
    long highest = -1;
    for (size_t i = 0; i < got.count; i++)
    {
        const struct frame *frame = &got.frames[i];
        // Both captures are nearly in the same order: looking on from the last match keeps this fast.
        while (sent_at < sent.count && sent.frames[sent_at].number.sequence < frame->number.sequence)
            sent_at++;
        const struct frame *original = find(&sent, frame->number.sequence, sent_at);
        if (!original)
            original = find(&sent, frame->number.sequence, 0);
        if (!frame->sound || !original || original->length != frame->length ||
            memcmp(original->bytes, frame->bytes, frame->length) != 0)
            different++;
        else if (frame->number.sequence <= highest && find(&(struct capture) { got.frames, i, 0 }, frame->number.sequence, 0))
            duplicates++;
        else
            identical++;
        if (frame->sound && frame->number.sequence < highest)
            out_of_order++;
        if (frame->sound && frame->number.sequence > highest)
            highest = frame->number.sequence;
    }
    printf("sent=%zu got=%zu identical=%zu different=%zu duplicates=%zu out_of_order=%zu others=%zu\n", sent.count, got.count,
           identical, different, duplicates, out_of_order, got.others);
    return 0;
}
