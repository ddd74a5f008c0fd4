#include "forward.h"

#include "common.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

static volatile sig_atomic_t stopping;
static sigset_t waiting_mask;

static void on_term(int signal)
{
    (void)signal;
    stopping = 1;
}

/* SIGTERM comes only while wait_for_frames waits, so none can be missed between looking and waiting. */
static void catch_term(void)
{
    struct sigaction action = {.sa_handler = on_term};
    sigset_t term;

    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    if (sigaction(SIGTERM, &action, NULL) || sigprocmask(SIG_BLOCK, &term, &waiting_mask))
        die("SIGTERM");
    sigdelset(&waiting_mask, SIGTERM);
}

void forward_open(struct forwarder *forwarder, const char *ifname, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    catch_term();
    sleep_exactly();
    forwarder->interface = interface_index(ifname);
    forwarder->frames = 0;
    /* Protocol 0: nothing is received before forward_begin. */
    forwarder->capture = socket(AF_PACKET, SOCK_RAW, 0);
    if (forwarder->capture < 0)
        die("socket(AF_PACKET)");
    forwarder->peer = socket(AF_UNIX, SOCK_STREAM, 0);
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    if (forwarder->peer < 0 || connect(forwarder->peer, (struct sockaddr *)&address, sizeof address))
        die(path);
}

void large_receive_buffer(const struct forwarder *forwarder)
{
    int size = 64 << 20;

    if (setsockopt(forwarder->capture, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) &&
        setsockopt(forwarder->capture, SOL_SOCKET, SO_RCVBUF, &size, sizeof size))
        die("SO_RCVBUF");
}

void take_vnet_headers(const struct forwarder *forwarder)
{
    int on = 1;

    if (setsockopt(forwarder->capture, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on))
        die("PACKET_VNET_HDR");
}

void take_outgoing_only(const struct forwarder *forwarder)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};

    if (setsockopt(forwarder->capture, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program))
        die("SO_ATTACH_FILTER");
}

void forward_begin(const struct forwarder *forwarder)
{
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ETH_P_ALL),
        .sll_ifindex = (int)forwarder->interface,
    };

    if (bind(forwarder->capture, (struct sockaddr *)&address, sizeof address))
        die("bind(AF_PACKET)");
    say_ready();
}

bool keep_going(void)
{
    return !stopping;
}

void wait_for_frames(const struct forwarder *forwarder)
{
    struct pollfd capture = {.fd = forwarder->capture, .events = POLLIN};

    if (ppoll(&capture, 1, NULL, &waiting_mask) < 0 && errno != EINTR)
        die("ppoll");
}

void send_all(const struct forwarder *forwarder, struct iovec *vectors, size_t count)
{
    while (count) {
        struct msghdr message = {.msg_iov = vectors, .msg_iovlen = count < MOST_IOVECS ? count : MOST_IOVECS};
        ssize_t sent = sendmsg(forwarder->peer, &message, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            die("send");
        while (count && (size_t)sent >= vectors->iov_len) {
            sent -= (ssize_t)vectors->iov_len;
            vectors++;
            count--;
        }
        if (count) {
            vectors->iov_base = (char *)vectors->iov_base + sent;
            vectors->iov_len -= (size_t)sent;
        }
    }
}

void forward_end(const struct forwarder *forwarder)
{
    /* The V3 form begins like the older one and is what a TPACKET_V3 socket insists on. */
    struct tpacket_stats_v3 statistics = {0};
    socklen_t length = sizeof statistics;

    if (getsockopt(forwarder->capture, SOL_PACKET, PACKET_STATISTICS, &statistics, &length))
        die("PACKET_STATISTICS");
    printf("forwarded=%ld dropped=%u\n", forwarder->frames, statistics.tp_drops);
}
