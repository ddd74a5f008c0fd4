using System.Collections.Immutable;
using System.CommandLine;
using QmpRedirector.Options;

namespace QmpRedirector.CommandLine;

/// <summary>What --help says, and with it the man page and the completions; its lists of keys and options are the schema tables.</summary>
internal static class HelpText
{
    public static HelpPage Of(Command command) => command switch
    {
        CheckCommand => new(CheckIntroduction, [CheckGroup(), .. RunGroups()], CheckExamples),
        RunCommand => new(RunIntroduction, RunGroups(), RunExamples),
        StatusCommand => new(StatusIntroduction, [StatusGroup()], StatusExamples),
        DecodeCommand => new(DecodeIntroduction, DecodeGroups(), DecodeExamples),
        SendCommand => new(SendIntroduction, SendGroups(), SendExamples),
        _ => new(RootIntroduction, RootGroups(command), RootExamples),
    };

    private const string RootIntroduction =
        """
        Usage: qmp-redirector COMMAND [OPTION]...
        QEMU's filter-redirector for netdevs that QEMU's own refuses (vhost=on): take -chardev and -object filter-redirector off
        QEMU's command line, give them to 'qmp-redirector run', and run it beside QEMU.

        """;

    private const string RootExamples =
        """
        Exit status: 0 a clean end, 1 a failure at run time, 2 a wrong command line.

        """;

    private const string RunIntroduction =
        """
        Usage: qmp-redirector run --qmp ADDR [--chardev OPTS]... [--object OPTS]... [OPTION]...
        Follows a VM by QMP, captures its netdevs as filter-redirector would, and sends the frames to chardevs.

        """;

    private const string RunExamples =
        """
        Examples:
          What the guest is sent while it runs, to whoever connects:
            qmp-redirector run --qmp unix:/run/qemu/guest.qmp \
              --chardev socket,id=m0,path=/run/qemu/guest.m0,server=on,wait=off \
              --object filter-redirector,id=f0,netdev=net0,queue=tx,outdev=m0
          A mirror to a filter-redirector on another host (COLO: see docs/COLO.md):
            qmp-redirector run --qmp /run/qemu/primary.qmp \
              --chardev socket,id=mirror0,host=192.0.2.2,port=9003,reconnect=1 \
              --object filter-mirror,id=m0,netdev=hn0,queue=tx,outdev=mirror0
          The same as JSON, as object-add takes it:
            --object '{"qom-type":"filter-mirror","id":"m0","netdev":"hn0",
                       "queue":"tx","outdev":"mirror0"}'
          From a file:
            qmp-redirector run --config /etc/qmp-redirector/guest.json
            {"qmp": "unix:/run/qemu/guest.qmp", "chardevs": ["socket,id=m0,..."],
             "objects": ["filter-redirector,id=f0,..."]}

        """;

    private const string CheckIntroduction =
        """
        Usage: qmp-redirector check --qmp ADDR [--chardev OPTS]... [--object OPTS]... [OPTION]...
        Says line by line whether 'run' would work with the same options: ok, warn (it works, but), or FAIL, each with a remedy.
        It looks and changes nothing: it makes no file, connects to no chardev, and leaves QEMU's monitor once it has asked.

        """;

    private const string CheckExamples =
        """
        Exit status: 0 'run' would work (there may be warnings), 1 it would not,
        2 a wrong command line.
        Examples:
          qmp-redirector check --config /etc/qmp-redirector/guest.json
          qmp-redirector check -qmp /run/qemu/guest.qmp --peer-qmp /run/qemu/peer.qmp \
            -chardev socket,id=m0,path=/run/qemu/guest.m0 \
            -object filter-redirector,id=f0,netdev=net0,queue=tx,outdev=m0

        """;

    private const string StatusIntroduction =
        """
        Usage: qmp-redirector status --control ADDR [--json] [--watch]
        Shows what a running sidecar does: the VM, each redirector with its reason, rates, backlog and drops, and its peer.

        """;

    private const string StatusExamples =
        """
        Examples:
          qmp-redirector status --control /run/qmp-redirector/guest.ctl --watch
          qmp-redirector status --control /run/qmp-redirector/guest.ctl --json |
            jq '.status.redirectors[].active'

        """;

    private const string DecodeIntroduction =
        """
        Usage: qmp-redirector decode [FILE|-|ADDR|CHARDEV] [OPTION]...
        Prints the frames of a filter-redirector stream, or writes them to a pcapng file. The stream does not say whether it has
        virtio-net headers: tell it what the sender was told.

        """;

    private const string DecodeExamples =
        """
        Examples:
          qmp-redirector decode unix:/run/qemu/guest.m0
          qmp-redirector decode socket,path=/run/qemu/guest.m0,server=on \
            --vnet-hdr-support -w guest.pcapng
          socat -u UNIX:/run/qemu/guest.m0 - | qmp-redirector decode - -c 10

        """;

    private const string SendIntroduction =
        """
        Usage: qmp-redirector send FILE ADDR|CHARDEV [OPTION]...
        Sends the frames of a pcap or pcapng file as a filter-redirector would, to test a consumer without a guest. Frames of
        which the file has only a part, and those no QEMU takes, are skipped and counted.

        """;

    private const string SendExamples =
        """
        Examples:
          qmp-redirector send guest.pcapng unix:/run/qemu/consumer.in
          qmp-redirector send guest.pcap socket,path=/run/qemu/guest.m0,server=on \
            --vnet-hdr-support --realtime
          tcpdump -i eth0 -U -w - | qmp-redirector send - tcp:192.0.2.2:9003

        """;

    private static OptionGroup[] RootGroups(Command root) =>
    [
        new("Commands", [.. root.Subcommands.Select(static command => new OptionRow(command.Name, command.Description ?? ""))]),
        new("Options",
        [
            ("-h, --help", "show help; 'qmp-redirector COMMAND --help' tells more"),
            ("--version", "show the version"),
            ("--print-capabilities", "show as JSON what this version can do, for programs that start it"),
        ]),
    ];

    private static OptionGroup CheckGroup() => new("Options of check", [.. CheckSchema.Scalars.Select(static key => Option(CheckSchema.Schema, key.Name))]);

    private static OptionGroup[] RunGroups() =>
    [
        new("QEMU's options, in QEMU's grammar (one dash does too)",
        [
            Option("qmp"),
            ("--chardev OPTS", "a socket to send frames to, as QEMU's -chardev; may be repeated"),
            ("--object OPTS", "a filter-redirector or filter-mirror, as QEMU's -object; may be repeated"),
        ]),
        new("Start and end",
        [
            ("--config FILE", "take options from a JSON file; those given here win"),
            .. Options("qmp-timeout", "wait-netdev", "one-off", "pid"),
            ("--packet-fd ID=N", "redirector ID captures with the AF_PACKET SOCK_RAW socket this was started with as descriptor N, and needs "
                + "no capability; give three each, for short frames, long ones, and many"),
        ]),
        new("Control and watch", [.. Options("control", "pcapng", "metrics")]),
        new("Log", [.. Options("log-level", "log-format"), ("-h, --help", "show this help")]),
        new("Keys of --chardev socket,id=ID,...",
            [.. Keys([.. ChardevSchema.Unix, .. ChardevSchema.Inet, .. ChardevSchema.Fd, .. ChardevSchema.Data])]),
        new("Properties of --object filter-redirector,id=ID,...", [.. Keys(ObjectSchema.Properties[2..])]),
    ];

    private static OptionGroup StatusGroup() => new("Options",
    [
        .. StatusSchema.Schema.Keys.Select(static key => Option(StatusSchema.Schema, key.Name)),
        ("-h, --help", "show this help"),
    ]);

    private static OptionGroup[] DecodeGroups() =>
    [
        new("Input",
        [
            ("FILE", "a recorded stream; -, the default, is standard input"),
            ("ADDR", "connect to unix:PATH, tcp:HOST:PORT or fd:N"),
            ("CHARDEV", "connect or listen as QEMU's -chardev does: socket,path=PATH,server=on"),
        ]),
        new("Options",
        [
            Option(DecodeSchema.Schema, "vnet-hdr-support"),
            Option(DecodeSchema.Schema, "vnet-hdr-len"),
            Option(DecodeSchema.Schema, "write", "-w"),
            Option(DecodeSchema.Schema, "count", "-c"),
            ("-h, --help", "show this help"),
        ]),
    ];

    private static OptionGroup[] SendGroups() =>
    [
        new("Input and output",
        [
            ("FILE", "a capture file, pcap or pcapng, of Ethernet; -: standard input"),
            ("ADDR", "connect to unix:PATH, tcp:HOST:PORT, fd:N or a path"),
            ("CHARDEV", "connect or listen as QEMU's -chardev does: socket,path=PATH,server=on"),
        ]),
        new("Options",
        [
            .. SendSchema.Schema.Keys.Select(static key => Option(SendSchema.Schema, key.Name)),
            ("-h, --help", "show this help"),
        ]),
    ];

    private static IEnumerable<OptionRow> Options(params string[] names) => names.Select(Option);

    private static OptionRow Option(string name) => Option(RunSchema.Schema, name);

    private static OptionRow Option(OptionSchema schema, string name, string? shortName = null)
    {
        OptionKey key = schema.Find(name)!;
        bool isFlag = key.Kind == OptionKind.Boolean;
        string term = shortName ?? $"--{name}";
        return new OptionRow(isFlag ? term : $"{term} {key.ValueName}", key.Help + (isFlag ? "" : Default(key))) { Values = Values(key) };
    }

    private static IEnumerable<OptionRow> Keys(IEnumerable<OptionKey> keys) => keys
        .Where(static key => key.Support == OptionSupport.Supported)
        .Select(static key => new OptionRow($"{key.Name}={Value(key)}", key.Help + Default(key)) { Values = Values(key) });

    private static ImmutableArray<string> Values(OptionKey key) => key.Kind switch
    {
        OptionKind.Boolean => ["on", "off"],
        OptionKind.Enum => [.. key.Values.Except(key.LaterValues)],
        _ => [],
    };

    private static string Value(OptionKey key) => key.Kind switch
    {
        OptionKind.Boolean or OptionKind.Enum => string.Join('|', Values(key)),
        OptionKind.Number => "N",
        OptionKind.Size => "SIZE",
        _ => key.ValueName ?? key.Name.ToUpperInvariant(),
    };

    private static string Default(OptionKey key) => key.Default is string value ? $" (default {value})" : "";
}
