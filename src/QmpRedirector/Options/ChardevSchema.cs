using System.Collections.Immutable;

namespace QmpRedirector.Options;

/// <summary>The keys of <c>--chardev socket</c> (qapi/char.json, qapi/sockets.json), by the JSON object they stand in.</summary>
internal static class ChardevSchema
{
    public const string Backend = "socket";

    /// <summary>QEMU's other backends, for a better word than "not a valid driver name".</summary>
    public static readonly ImmutableArray<string> ForeignBackends =
    [
        "braille", "console", "dbus", "file", "hub", "memory", "msmouse", "mux", "null", "parallel", "parport", "pipe", "pty",
        "qemu-vdagent", "ringbuf", "serial", "spiceport", "spicevmc", "stdio", "testdev", "tty", "udp", "vc", "wctablet",
    ];

    public static readonly ImmutableArray<OptionKey> Head =
    [
        new("backend", OptionKind.String, "socket; may stand first without its key"),
        new("id", OptionKind.Id, "its name"),
    ];

    /// <summary>ChardevSocket.</summary>
    public static readonly ImmutableArray<OptionKey> Data =
    [
        new("server", OptionKind.Boolean, "listen rather than connect") { Default = "off" },
        new("wait", OptionKind.Boolean, "with server=on: not ready before a peer has connected") { Default = "on" },
        Retry("reconnect", "seconds after which to connect again; 0: never", MaximumReconnect / 1000),
        Retry("reconnect-ms", "the same in milliseconds", MaximumReconnect),
        new("nodelay", OptionKind.Boolean, "accepted; on TCP small frames are always sent at once"),
        Foreign("telnet", OptionKind.Boolean),
        Foreign("tn3270", OptionKind.Boolean),
        Foreign("websocket", OptionKind.Boolean),
        Foreign("tls-creds"),
        Foreign("tls-authz"),
        Foreign("logfile"),
        Foreign("logappend", OptionKind.Boolean),
    ];

    /// <summary>UnixSocketAddress.</summary>
    public static readonly ImmutableArray<OptionKey> Unix =
    [
        new("path", OptionKind.String, "UNIX socket"),
        new("abstract", OptionKind.Boolean, "the path is a name in the abstract namespace") { Default = "off" },
        new("tight", OptionKind.Boolean, "an abstract name is not padded with zeros") { Default = "on" },
    ];

    /// <summary>InetSocketAddress.</summary>
    public static readonly ImmutableArray<OptionKey> Inet =
    [
        new("host", OptionKind.String, "TCP: name or address; without it a server listens on all addresses"),
        new("port", OptionKind.String, "TCP port"),
        new("to", OptionKind.Number, "a server tries the ports up to this one") { Maximum = ushort.MaxValue },
        new("ipv4", OptionKind.Boolean, "allow IPv4"),
        new("ipv6", OptionKind.Boolean, "allow IPv6"),
        Foreign("keep-alive", OptionKind.Boolean),
        Foreign("mptcp", OptionKind.Boolean),
        Foreign("numeric", OptionKind.Boolean),
    ];

    public static readonly ImmutableArray<OptionKey> Fd = [new("fd", OptionKind.String, "a socket this process was started with")];

    // Keys that QemuOpts knows for -chardev and QAPI does not, or has for other backends only.
    private static readonly ImmutableArray<OptionKey> _textOnly =
    [
        new("delay", OptionKind.Boolean, "the opposite of nodelay"),
        Foreign("append", OptionKind.Boolean),
        Foreign("chardev"),
        Foreign("clipboard", OptionKind.Boolean),
        Foreign("cols"),
        Foreign("debug"),
        Foreign("height"),
        Foreign("localaddr"),
        Foreign("localport"),
        Foreign("mouse", OptionKind.Boolean),
        Foreign("mux", OptionKind.Boolean),
        Foreign("name"),
        Foreign("rows"),
        Foreign("signal", OptionKind.Boolean),
        Foreign("size"),
        Foreign("width"),
    ];

    public static readonly OptionSchema All = new([.. Head, .. Data, .. Unix, .. Inet, .. Fd, .. _textOnly], QemuSentences.Invalid);

    // What a .NET timer can wait for, rounded down: 49 days.
    private const ulong MaximumReconnect = 4_294_967_000;

    private static OptionKey Retry(string name, string help, ulong maximum) => new(name, OptionKind.Number, help) { Maximum = maximum };

    private static OptionKey Foreign(string name, OptionKind kind = OptionKind.String) =>
        new(name, kind, "") { Support = OptionSupport.Foreign };
}
