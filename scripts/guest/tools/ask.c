// Asks a QEMU behind a UNIX socket one question and prints the answer: a QMP command, or a line for the guest's agent.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const char *socket_path;
static struct timespec deadline;

static void fail(const char *what)
{
    fprintf(stderr, "ask: %s: %s\n", socket_path, what);
    exit(1);
}

static int remaining_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    long left = (deadline.tv_sec - now.tv_sec) * 1000 + (deadline.tv_nsec - now.tv_nsec) / 1000000;
    return left > 0 ? (int)left : 0;
}

static int connect_socket(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (strlen(socket_path) >= sizeof address.sun_path)
        fail("the path is too long for a socket");
    strcpy(address.sun_path, socket_path);
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(s, (struct sockaddr *)&address, sizeof address) < 0)
        fail(strerror(errno));
    return s;
}

static void write_line(int s, const char *text)
{
    char *line;
    int length = asprintf(&line, "%s\n", text);
    for (int done = 0; done < length;)
    {
        ssize_t n = send(s, line + done, (size_t)(length - done), MSG_NOSIGNAL);
        if (n < 0)
            fail(strerror(errno));
        done += (int)n;
    }
    free(line);
}

// The next line, without its end. Valid until the next call.
static const char *read_line(int s)
{
    static char *line;
    static size_t room;
    for (size_t length = 0;; length++)
    {
        if (length + 1 >= room)
            line = realloc(line, room = room ? 2 * room : 4096);
        if (poll(&(struct pollfd) { s, POLLIN, 0 }, 1, remaining_ms()) <= 0)
            fail("no answer in time");
        if (read(s, line + length, 1) != 1)
            fail("the connection was closed");
        if (line[length] != '\n')
            continue;
        line[length] = '\0';
        line[strcspn(line, "\r")] = '\0';
        return line;
    }
}

static bool begins(const char *line, const char *with)
{
    return strncmp(line, with, strlen(with)) == 0;
}

static const char *qmp_answer(int s)
{
    const char *line;
    do
        line = read_line(s);
    while (!begins(line, "{\"return\"") && !begins(line, "{\"error\""));
    return line;
}

static int ask_qmp(int s, const char *command)
{
    read_line(s);
    write_line(s, "{\"execute\":\"qmp_capabilities\"}");
    qmp_answer(s);
    write_line(s, command);
    const char *answer = qmp_answer(s);
    puts(answer);
    return begins(answer, "{\"return\"") ? 0 : 1;
}

// The agent's answer begins with '@' and the command's name; other lines are the kernel's or a command's output.
static int ask_console(int s, const char *command)
{
    char *expected, *error;
    int name = (int)strcspn(command, " ");
    asprintf(&expected, "@%.*s", name, command);
    asprintf(&error, "@%.*s error=", name, command);
    // An empty line first: it ends whatever half a line an earlier client may have left.
    write_line(s, "");
    write_line(s, command);
    for (;;)
    {
        const char *line = read_line(s);
        puts(line);
        if (begins(line, expected))
            return begins(line, error) ? 1 : 0;
    }
}

int main(int argc, char **argv)
{
    bool qmp = argc == 5 && strcmp(argv[1], "qmp") == 0;
    if (!qmp && (argc != 5 || strcmp(argv[1], "console") != 0))
    {
        fputs("usage: ask qmp SOCKET SECONDS '{\"execute\":\"query-status\"}'\n"
              "       ask console SOCKET SECONDS 'STAT 1'\n"
              "Prints the answer. Exit status 0 if it is not an error and came within SECONDS.\n", stderr);
        return 2;
    }
    socket_path = argv[2];
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += atol(argv[3]);
    int s = connect_socket();
    return qmp ? ask_qmp(s, argv[4]) : ask_console(s, argv[4]);
}
