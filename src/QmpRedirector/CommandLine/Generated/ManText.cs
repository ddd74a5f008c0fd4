using QmpRedirector.Net;

namespace QmpRedirector.CommandLine.Generated;

/// <summary>What the man page says beyond the option tables.</summary>
internal static class ManText
{
    public static readonly string[] Description =
    [
        """
        QEMU's filter-redirector and filter-mirror send a guest's packets to a chardev, for COLO, replication and debugging. They refuse
        the netdevs people run in production: vhost=on, and those with several queues. qmp-redirector does their work from outside, for
        the QEMU that runs already.
        """,
        """
        One process beside each VM speaks QMP, follows the VM's run state, captures the TAP with an AF_PACKET socket exactly while the
        filter would be active, and writes the frames in QEMU's own framing to a chardev socket that a QEMU's filter-redirector, its
        colo-compare, or another reader takes. Take -chardev and -object filter-redirector off QEMU's command line, and give them to
        qmp-redirector run unchanged.
        """,
        """
        ADDR is unix:PATH, tcp:HOST:PORT, fd:N, or the path of a UNIX socket. OPTS is QEMU's grammar, key=value,key=value with a comma
        doubled inside a value, or the same as JSON. SIZE is in bytes, or has one of the suffixes K, M, G. N and SEC are numbers.
        """,
    ];

    public const string Chardev =
        """
        The keys of --chardev socket,id=ID,key=value,... with QEMU's meanings and defaults. One of path, host with port, and fd says
        where it is.
        """;

    public const string Object =
        """
        The properties of --object filter-redirector,id=ID,property=value,... and of filter-mirror. Beside vhost both can only copy: the
        guest still gets its frame. Those of QEMU have QEMU's meanings and defaults.
        """;

    public static readonly (string Term, string Text)[] ExitStatus =
    [
        ("0", "A clean end: it was told to stop, had nothing more to do, or, for a command that looks, all is well."),
        ("1", "A failure at run time; the last line on standard error is the reason."),
        ("2", "A wrong command line; everything that is wrong with it is said at once."),
    ];

    public static readonly (string Term, string Text)[] Files =
    [
        ("/proc/PID/fdinfo/N", "Where the TAP is found that QEMU was given as a file descriptor, as libvirt does."),
        ("/usr/share/bash-completion/completions/qmp-redirector", "The completions of bash; those of zsh are the file _qmp-redirector."),
    ];

    public const string Activation = "active = on && (running ? !disable_when_running : enable_when_stopped)";

    public static readonly string[] WhenActive =
    [
        """
        Here on is the filter's status, and running is QEMU's run state "running" and nothing else. While it is not active, a filter in the
        kernel drops everything, so no frame of that time is ever sent later; what was accepted before and is not yet sent is still sent.
        """,
        """
        The closing edge is exact: frames and QMP events are stamped by the same clock, and accepted frames stamped after the STOP event
        are dropped. The opening edge comes after the event by its delivery and the swap of the filter; each arming says how long.
        """,
    ];

    public const string Account =
        "At its end each redirector writes one line of counters, whose identities are checked at every disarm too:";

    public static readonly string[] Identities =
    [
        "kernel_seen = taken + kernel_dropped + in_kernel",
        "taken       = forwarded + dropped (by reason) + in_hand",
        "frames in the stream = forwarded + extra_segments",
    ];

    public const string Needs =
        """
        CAP_NET_RAW, and to be in the network namespace of the TAP. To find a TAP that QEMU was given as a file descriptor: to be root,
        QEMU's user, or to have CAP_SYS_PTRACE; else give ifname. A QMP monitor of its own: QEMU serves one client per -qmp socket, so add
        a second one.
        """;

    public const string SeeAlso =
        """
        .BR qemu\-system\-x86_64 (1),
        .BR qemu\-qmp\-ref (7),
        .BR packet (7),
        .BR tcpdump (8),
        .BR socat (1)
        """;

    public static string Of(DropReason reason) => reason switch
    {
        DropReason.PeerDisconnected => "No peer was connected, or it left before it had taken the frame.",
        DropReason.Disarmed => "It is stamped outside the times the redirector was active.",
        DropReason.Truncated => "The kernel delivered only a part of it.",
        DropReason.Oversize => $"Over {FrameLimits.MaxLength} bytes: QEMU would stop reading for good.",
        DropReason.BadOffload => "For a consumer of plain Ethernet its checksum cannot be finished, or a GSO frame not be cut.",
        DropReason.LingerExpired => "It was not taken in time after QEMU or the TAP went away.",
        DropReason.Shutdown => "It was not taken when the process was told to end.",
        _ => "See the documentation.",
    };
}
