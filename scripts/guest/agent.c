// The guest's agent: counts what reaches the guest, and brings the guest into any run state on request.
//
// UDP and TCP, IPv4 and IPv6, on every interface:
//     UDP 7    echo
//     UDP 9    sink of numbered packets (numbered.h), counted per interface and stream
//     UDP 10   one command a datagram, answered by one datagram
//     TCP 9    sink, counts bytes
// The same commands, one a line, work on the serial console (/dev/ttyS0), which needs no network. Every answer is one
// line that begins with '@' and the command's own name, so it can be told from the kernel's messages. Answers written
// while nobody has the console open are lost: poll with PING until the guest is up.
//     PING                     @PING
//     STAT [STREAM [IFACE]]    @STAT if=eth0 stream=0 received=3 first=0 last=2 duplicates=0 out_of_order=0 missing=0 ...
//     RSET                     @RSET                       all counters to zero
//     SEND ADDR STREAM COUNT [SIZE [GAP_US]]   @SEND sent=N   numbered packets from the guest to ADDR, UDP port 9
//     SLEEP                    @SLEEP, then @WAKE          ACPI S3 (run state suspended; QMP system_wakeup ends it)
//     PANIC                    @PANIC                      kernel panic (guest-panicked, with -device pvpanic -action panic=pause)
//     POWEROFF                 @POWEROFF                   ACPI power off (shutdown, with -no-shutdown)
//     REBOOT                   @REBOOT                     reset
//     WRITE [DEVICE]           @WRITE written=512          one sector to /dev/vda, past all caches (io-error, with werror=stop)
//     SH COMMAND               @SH status=0                busybox sh; its output comes before the answer
// What fails answers "@COMMAND error=REASON".
//
// Counters: received counts sound packets, duplicates included; first and last are the lowest and the highest number seen
// (-1: none), below 1048576; out_of_order are those below the highest seen so far; missing are the numbers between first and last never
// seen; bad (one counter for all streams) are packets that are not as numbered.h says, or of a 65th stream.
#define _GNU_SOURCE
#include "numbered.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { ECHO_PORT = 7, COMMAND_PORT = 10, MAX_FLOWS = 64, MAX_SEQUENCE = 1 << 20, MAX_CONNECTIONS = 16, LINE = 1024 };

// One stream on one interface.
struct flow
{
    unsigned interface;
    uint32_t stream;
    long received, bytes, duplicates, out_of_order, distinct, first, last;
    uint8_t seen[MAX_SEQUENCE / 8];
};

static struct flow *flows[MAX_FLOWS];
static int flow_count;
static long bad, tcp_bytes, tcp_connections;

static int console, echo_socket, sink_socket, command_socket, tcp_listener;
static int connections[MAX_CONNECTIONS];
static uint8_t packet[NUMBERED_MAX + 1];

// The kernel's own counters; they cannot be reset, so RSET remembers where they stood.
enum kernel_counter { UDP_CHECKSUM, UDP_BUFFER, UDP6_CHECKSUM, TCP_CHECKSUM, KERNEL_COUNTERS };
static long kernel_base[KERNEL_COUNTERS];

static void say(const char *format, ...)
{
    char line[LINE];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line - 2, format, arguments);
    va_end(arguments);
    if (length > (int)sizeof line - 3)
        length = (int)sizeof line - 3;
    line[length++] = '\n';
    for (int done = 0; done < length;)
    {
        ssize_t n = write(console, line + done, (size_t)(length - done));
        if (n < 0 && errno == EAGAIN)
            poll(&(struct pollfd) { console, POLLOUT, 0 }, 1, -1);
        else if (n < 0 && errno != EINTR)
            return;
        done += n > 0 ? (int)n : 0;
    }
    // The machine may sleep, panic or be switched off next: the line has to be out before.
    tcdrain(console);
}

// /proc/net/snmp has, per protocol, a line of names and a line of values in the same order.
static long snmp(const char *protocol, const char *name)
{
    char names[LINE], values[LINE];
    long result = 0;
    FILE *file = fopen("/proc/net/snmp", "r");
    if (!file)
        return 0;
    while (fgets(names, sizeof names, file) && fgets(values, sizeof values, file))
    {
        char *name_rest, *value_rest;
        char *key = strtok_r(names, " \n", &name_rest), *value = strtok_r(values, " \n", &value_rest);
        if (strcmp(key, protocol) != 0)
            continue;
        while (key && value && strcmp(key, name) != 0)
            key = strtok_r(NULL, " \n", &name_rest), value = strtok_r(NULL, " \n", &value_rest);
        result = value ? atol(value) : 0;
    }
    fclose(file);
    return result;
}

// /proc/net/snmp6 has one "name value" a line.
static long snmp6(const char *name)
{
    char key[64];
    long value, result = 0;
    FILE *file = fopen("/proc/net/snmp6", "r");
    if (!file)
        return 0;
    while (fscanf(file, "%63s %ld", key, &value) == 2)
        if (strcmp(key, name) == 0)
            result = value;
    fclose(file);
    return result;
}

static void read_kernel_counters(long counters[KERNEL_COUNTERS])
{
    counters[UDP_CHECKSUM] = snmp("Udp:", "InCsumErrors");
    counters[UDP_BUFFER] = snmp("Udp:", "RcvbufErrors") + snmp6("Udp6RcvbufErrors");
    counters[UDP6_CHECKSUM] = snmp6("Udp6InCsumErrors");
    counters[TCP_CHECKSUM] = snmp("Tcp:", "InCsumErrors");
}

static struct flow *find_flow(unsigned interface, uint32_t stream)
{
    for (int i = 0; i < flow_count; i++)
        if (flows[i]->interface == interface && flows[i]->stream == stream)
            return flows[i];
    return NULL;
}

static struct flow *add_flow(unsigned interface, uint32_t stream)
{
    struct flow *flow = flow_count < MAX_FLOWS ? calloc(1, sizeof *flow) : NULL;
    if (!flow)
        return NULL;
    flow->interface = interface;
    flow->stream = stream;
    flow->first = flow->last = -1;
    return flows[flow_count++] = flow;
}

static void count_packet(unsigned interface, size_t length)
{
    struct numbered n;
    struct flow *flow = NULL;
    if (numbered_read(packet, length, &n) && n.sequence < MAX_SEQUENCE)
    {
        flow = find_flow(interface, n.stream);
        if (!flow)
            flow = add_flow(interface, n.stream);
    }
    if (!flow)
    {
        bad++;
        return;
    }

    flow->received++;
    flow->bytes += (long)length;
    uint8_t *byte = &flow->seen[n.sequence / 8], bit = (uint8_t)(1 << n.sequence % 8);
    if (*byte & bit)
    {
        flow->duplicates++;
        return;
    }
    *byte |= bit;
    flow->distinct++;
    if ((long)n.sequence < flow->last)
        flow->out_of_order++;
    if ((long)n.sequence > flow->last)
        flow->last = n.sequence;
    if (flow->first < 0 || (long)n.sequence < flow->first)
        flow->first = n.sequence;
}

static void drain_sink(void)
{
    for (;;)
    {
        char control[CMSG_SPACE(sizeof(struct in6_pktinfo))];
        struct iovec data = { packet, sizeof packet };
        struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
        ssize_t length = recvmsg(sink_socket, &message, MSG_DONTWAIT);
        if (length < 0)
            return;

        unsigned interface = 0;
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
            if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
            {
                struct in6_pktinfo info;
                memcpy(&info, CMSG_DATA(c), sizeof info);
                interface = info.ipi6_ifindex;
            }
        count_packet(interface, (size_t)length);
    }
}

static void echo_packets(void)
{
    struct sockaddr_in6 from;
    socklen_t from_length = sizeof from;
    ssize_t length;
    while ((length = recvfrom(echo_socket, packet, sizeof packet, MSG_DONTWAIT, (struct sockaddr *)&from, &from_length)) >= 0)
        sendto(echo_socket, packet, (size_t)length, 0, (struct sockaddr *)&from, from_length);
}

static void accept_connection(void)
{
    int connection = accept4(tcp_listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (connection < 0)
        return;
    for (int i = 0; i < MAX_CONNECTIONS; i++)
        if (connections[i] < 0)
        {
            connections[i] = connection;
            tcp_connections++;
            return;
        }
    close(connection);
}

static void drain_connection(int *connection)
{
    ssize_t length;
    while ((length = read(*connection, packet, sizeof packet)) > 0)
        tcp_bytes += length;
    if (length == 0 || errno != EAGAIN)
    {
        close(*connection);
        *connection = -1;
    }
}

static void answer_stat(char *answer, const char *arguments)
{
    unsigned stream = 0;
    char name[IF_NAMESIZE] = "eth0";
    sscanf(arguments, "%u %15s", &stream, name);

    drain_sink();
    for (int i = 0; i < MAX_CONNECTIONS; i++)
        if (connections[i] >= 0)
            drain_connection(&connections[i]);

    static const struct flow nothing = { .first = -1, .last = -1 };
    const struct flow *flow = find_flow(if_nametoindex(name), stream);
    if (!flow)
        flow = &nothing;
    long kernel[KERNEL_COUNTERS];
    read_kernel_counters(kernel);
    for (int i = 0; i < KERNEL_COUNTERS; i++)
        kernel[i] -= kernel_base[i];
    snprintf(answer, LINE,
             "@STAT if=%s stream=%u received=%ld first=%ld last=%ld duplicates=%ld out_of_order=%ld missing=%ld bad=%ld bytes=%ld "
             "udp_checksum_errors=%ld udp6_checksum_errors=%ld udp_buffer_errors=%ld tcp_connections=%ld tcp_bytes=%ld "
             "tcp_checksum_errors=%ld",
             name, stream, flow->received, flow->first, flow->last, flow->duplicates, flow->out_of_order,
             flow->received ? flow->last - flow->first + 1 - flow->distinct : 0, bad, flow->bytes, kernel[UDP_CHECKSUM],
             kernel[UDP6_CHECKSUM], kernel[UDP_BUFFER], tcp_connections, tcp_bytes, kernel[TCP_CHECKSUM]);
}

static void reset_counters(void)
{
    drain_sink();
    while (flow_count > 0)
        free(flows[--flow_count]);
    bad = tcp_bytes = tcp_connections = 0;
    read_kernel_counters(kernel_base);
}

static void answer_send(char *answer, const char *arguments)
{
    char address[INET6_ADDRSTRLEN + 8], mapped[sizeof address + 8];
    unsigned stream = 0, count = 0, size = 100, gap = 0, sent = 0;
    struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(NUMBERED_PORT) };
    if (sscanf(arguments, "%53s %u %u %u %u", address, &stream, &count, &size, &gap) < 3 || size < NUMBERED_HEADER || size > NUMBERED_MAX)
    {
        snprintf(answer, LINE, "@SEND error=usage: SEND ADDR STREAM COUNT [SIZE [GAP_US]]");
        return;
    }
    snprintf(mapped, sizeof mapped, "%s%s", strchr(address, ':') ? "" : "::ffff:", address);
    if (inet_pton(AF_INET6, mapped, &to.sin6_addr) != 1)
    {
        snprintf(answer, LINE, "@SEND error=%s is not an address", address);
        return;
    }
    for (; sent < count; sent++)
    {
        numbered_write(packet, size, (struct numbered) { stream, sent });
        if (sendto(sink_socket, packet, size, 0, (struct sockaddr *)&to, sizeof to) < 0)
            break;
        if (gap)
            usleep(gap);
    }
    if (sent < count)
        snprintf(answer, LINE, "@SEND error=%s sent=%u", strerror(errno), sent);
    else
        snprintf(answer, LINE, "@SEND sent=%u", sent);
}

static void answer_write(char *answer, const char *arguments)
{
    char device[64] = "/dev/vda";
    static char sector[512] __attribute__((aligned(512)));
    sscanf(arguments, "%63s", device);
    int disk = open(device, O_WRONLY | O_DIRECT | O_SYNC | O_CLOEXEC);
    ssize_t written = disk < 0 ? -1 : pwrite(disk, sector, sizeof sector, 0);
    if (written < 0)
        snprintf(answer, LINE, "@WRITE error=%s", strerror(errno));
    else
        snprintf(answer, LINE, "@WRITE written=%zd", written);
    if (disk >= 0)
        close(disk);
}

static void answer_shell(char *answer, const char *arguments)
{
    pid_t child = fork();
    if (child == 0)
    {
        execl("/bin/busybox", "sh", "-c", arguments, (char *)NULL);
        _exit(127);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) < 0)
        snprintf(answer, LINE, "@SH error=%s", strerror(errno));
    else
        snprintf(answer, LINE, "@SH status=%d", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static bool write_file(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    bool done = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
    if (file >= 0)
        close(file);
    return done;
}

// For commands after which there may be no answer: it goes out first.
static void act(const char *name)
{
    if (strcmp(name, "SLEEP") == 0)
    {
        if (write_file("/sys/power/state", "mem"))
            say("@WAKE");
        else
            say("@SLEEP error=%s", strerror(errno));
    }
    else if (strcmp(name, "PANIC") == 0)
        write_file("/proc/sysrq-trigger", "c");
    else if (strcmp(name, "POWEROFF") == 0)
        reboot(RB_POWER_OFF);
    else if (strcmp(name, "REBOOT") == 0)
        reboot(RB_AUTOBOOT);
}

// Fills in the answer; returns the name of what is to be done once the answer is out, or NULL.
static const char *obey(char *line, char *answer)
{
    static const char *const actions[] = { "SLEEP", "PANIC", "POWEROFF", "REBOOT" };
    char *rest;
    const char *name = strtok_r(line, " \r\n", &rest);
    answer[0] = '\0';
    if (!name)
        return NULL;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(name, actions[i]) == 0)
        {
            snprintf(answer, LINE, "@%s", name);
            return actions[i];
        }
    if (strcmp(name, "STAT") == 0)
        answer_stat(answer, rest);
    else if (strcmp(name, "SEND") == 0)
        answer_send(answer, rest);
    else if (strcmp(name, "WRITE") == 0)
        answer_write(answer, rest);
    else if (strcmp(name, "SH") == 0)
        answer_shell(answer, rest);
    else if (strcmp(name, "RSET") == 0)
    {
        reset_counters();
        snprintf(answer, LINE, "@RSET");
    }
    else if (strcmp(name, "PING") == 0)
        snprintf(answer, LINE, "@PING");
    else
        snprintf(answer, LINE, "@%.32s error=unknown command", name);
    return NULL;
}

static void obey_console(void)
{
    static char line[LINE];
    static size_t length;
    char byte, answer[LINE];
    while (read(console, &byte, 1) == 1)
    {
        if (byte != '\n' && byte != '\r')
        {
            if (length < sizeof line - 1)
                line[length++] = byte;
            continue;
        }
        line[length] = '\0';
        length = 0;
        const char *action = obey(line, answer);
        if (answer[0])
            say("%s", answer);
        if (action)
            act(action);
    }
}

static void obey_datagrams(void)
{
    struct sockaddr_in6 from;
    socklen_t from_length = sizeof from;
    char line[LINE], answer[LINE];
    ssize_t length;
    while ((length = recvfrom(command_socket, line, sizeof line - 1, MSG_DONTWAIT, (struct sockaddr *)&from, &from_length)) >= 0)
    {
        line[length] = '\0';
        const char *action = obey(line, answer);
        sendto(command_socket, answer, strlen(answer), 0, (struct sockaddr *)&from, from_length);
        if (action)
            act(action);
    }
}

// Dual stack: IPv4 comes as mapped addresses, and IPV6_PKTINFO tells the interface for both.
static int open_socket(int type, uint16_t port)
{
    int on = 1, off = 0, buffer = 8 << 20, s = socket(AF_INET6, type | SOCK_CLOEXEC, 0);
    struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
    setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    setsockopt(s, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
    if (bind(s, (struct sockaddr *)&address, sizeof address) < 0 || (type == SOCK_STREAM && listen(s, MAX_CONNECTIONS) < 0))
        say("@AGENT error=port %u: %s", port, strerror(errno));
    return s;
}

static void open_console(void)
{
    console = open("/dev/ttyS0", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    struct termios mode;
    tcgetattr(console, &mode);
    cfmakeraw(&mode);
    // Raw, but a line feed still goes out as CR LF, as the kernel's own messages do.
    mode.c_oflag |= OPOST | ONLCR;
    tcsetattr(console, TCSANOW, &mode);
}

int main(void)
{
    open_console();
    memset(connections, -1, sizeof connections);
    echo_socket = open_socket(SOCK_DGRAM, ECHO_PORT);
    sink_socket = open_socket(SOCK_DGRAM, NUMBERED_PORT);
    command_socket = open_socket(SOCK_DGRAM, COMMAND_PORT);
    tcp_listener = open_socket(SOCK_STREAM, NUMBERED_PORT);
    say("@AGENT ready");

    for (;;)
    {
        struct pollfd fds[5 + MAX_CONNECTIONS] = {
            { console, POLLIN, 0 },        { sink_socket, POLLIN, 0 },  { echo_socket, POLLIN, 0 },
            { command_socket, POLLIN, 0 }, { tcp_listener, POLLIN, 0 },
        };
        for (int i = 0; i < MAX_CONNECTIONS; i++)
            fds[5 + i] = (struct pollfd) { connections[i], POLLIN, 0 };
        if (poll(fds, sizeof fds / sizeof *fds, -1) < 0)
            continue;

        if (fds[1].revents)
            drain_sink();
        if (fds[2].revents)
            echo_packets();
        if (fds[0].revents)
            obey_console();
        if (fds[3].revents)
            obey_datagrams();
        if (fds[4].revents)
            accept_connection();
        for (int i = 0; i < MAX_CONNECTIONS; i++)
            if (connections[i] >= 0 && fds[5 + i].revents)
                drain_connection(&connections[i]);
    }
}
