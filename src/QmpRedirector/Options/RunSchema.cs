using System.Collections.Immutable;

namespace QmpRedirector.Options;

/// <summary>The options of <c>run</c> that are one value each: on the command line with "--", in the file as they stand.</summary>
internal static class RunSchema
{
    public const string ChardevsKey = "chardevs";
    public const string ObjectsKey = "objects";

    public static readonly ImmutableArray<OptionKey> Scalars =
    [
        new("qmp", OptionKind.String, "QEMU's QMP socket: unix:PATH, tcp:HOST:PORT, fd:N or a path") { ValueName = "ADDR" },
        new("qmp-timeout", OptionKind.Number, "seconds to wait for the QMP socket to appear; 0: for ever")
        {
            ValueName = "SEC",
            Default = "30",
            // What a .NET timer can wait for: 49 days.
            Maximum = 4_294_967,
        },
        new("wait-netdev", OptionKind.Boolean, "wait for a netdev that does not exist yet, rather than fail") { Default = "off" },
        new("one-off", OptionKind.Boolean, "end when QEMU does, rather than wait for the next one") { Default = "off" },
        new("pid", OptionKind.String, "write the process id to this file") { ValueName = "FILE" },
        new("log-level", OptionKind.Enum, "least severity that is logged: trace, debug, info, warning, error")
        {
            ValueName = "LEVEL",
            Values = ["trace", "debug", "info", "warning", "error"],
            Default = "info",
        },
        new("log-format", OptionKind.Enum, "how log records are written to standard error: text, json, systemd")
        {
            ValueName = "FORMAT",
            Values = ["text", "json", "systemd"],
            Default = "text",
        },
        new("control", OptionKind.String, "serve QMP here, for status and changes: unix:PATH, tcp:HOST:PORT, fd:N or a path") { ValueName = "ADDR" },
        new("metrics", OptionKind.String, "serve Prometheus metrics over HTTP at unix:PATH or tcp:HOST:PORT (loopback only)") { ValueName = "ADDR" },
        new("pcapng", OptionKind.String, "record what is forwarded to this pcapng file, or FIFO that Wireshark reads") { ValueName = "FILE" },
    ];

    public static readonly OptionSchema Schema = new(Scalars, QemuSentences.Unexpected);
}
