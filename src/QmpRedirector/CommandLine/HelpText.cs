using System.CommandLine;
using System.Globalization;
using System.Text;
using QmpRedirector.Options;

namespace QmpRedirector.CommandLine;

/// <summary>The text of --help; its lists of keys and options are the schema tables.</summary>
internal static class HelpText
{
    private const int TermWidth = 30;
    private const int Width = 121;

    public static string Of(Command command) => command switch
    {
        RunCommand => Write(RunIntroduction, RunGroups(), RunExamples),
        DecodeCommand => Write(DecodeIntroduction, DecodeGroups(), DecodeExamples),
        _ => Write(RootIntroduction, RootGroups(command), RootExamples),
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
          What the guest is sent, also while it is stopped, to whoever connects:
            qmp-redirector run --qmp unix:/run/qemu/guest.qmp \
              --chardev socket,id=m0,path=/run/qemu/guest.m0,server=on,wait=off \
              --object filter-redirector,id=f0,netdev=net0,queue=tx,outdev=m0,enable_when_stopped=on
          COLO's mirror, to the secondary's filter-redirector:
            qmp-redirector run --qmp /run/qemu/primary.qmp \
              --chardev socket,id=mirror0,host=192.0.2.2,port=9003,reconnect=1 \
              --object filter-mirror,id=m0,netdev=hn0,queue=tx,outdev=mirror0
          The same as JSON, as object-add takes it:
            --object '{"qom-type":"filter-mirror","id":"m0","netdev":"hn0","queue":"tx","outdev":"mirror0"}'
          From a file:
            qmp-redirector run --config /etc/qmp-redirector/guest.json
            {"qmp": "unix:/run/qemu/guest.qmp", "chardevs": ["socket,id=m0,..."], "objects": ["filter-redirector,id=f0,..."]}

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
          qmp-redirector decode socket,path=/run/qemu/guest.m0,server=on --vnet-hdr-support -w guest.pcapng
          socat -u UNIX:/run/qemu/guest.m0 - | qmp-redirector decode - -c 10

        """;

    private static OptionGroup[] RootGroups(Command root) =>
    [
        new("Commands", [.. root.Subcommands.Select(static command => (command.Name, command.Description ?? ""))]),
        new("Options", [("-h, --help", "show help; 'qmp-redirector COMMAND --help' tells more"), ("--version", "show the version")]),
    ];

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
        ]),
        new("Watch", [.. Options("pcapng", "metrics")]),
        new("Log", [.. Options("log-level", "log-format"), ("-h, --help", "show this help")]),
        new("Keys of --chardev socket,id=ID,...",
            [.. Keys([.. ChardevSchema.Unix, .. ChardevSchema.Inet, .. ChardevSchema.Fd, .. ChardevSchema.Data])]),
        new("Properties of --object filter-redirector,id=ID,...", [.. Keys(ObjectSchema.Properties[2..])]),
    ];

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
            ("--vnet-hdr-support", Help("vnet-hdr-support")),
            ("--vnet-hdr-len N", Help("vnet-hdr-len") + ": 0, 10, 12, 20 or 24"),
            ("-w FILE", Help("write")),
            ("-c N", Help("count")),
            ("-h, --help", "show this help"),
        ]),
    ];

    private static string Help(string key) => DecodeSchema.Schema.Find(key)!.Help;

    private static IEnumerable<(string Term, string Text)> Options(params string[] names) => names.Select(Option);

    private static (string Term, string Text) Option(string name)
    {
        OptionKey key = RunSchema.Schema.Find(name)!;
        bool isFlag = key.Kind == OptionKind.Boolean;
        return (isFlag ? $"--{name}" : $"--{name} {key.ValueName}", key.Help + (isFlag ? "" : Default(key)));
    }

    private static IEnumerable<(string Term, string Text)> Keys(IEnumerable<OptionKey> keys) => keys
        .Where(static key => key.Support == OptionSupport.Supported)
        .Select(static key => ($"{key.Name}={Value(key)}", key.Help + Default(key)));

    private static string Value(OptionKey key) => key.Kind switch
    {
        OptionKind.Boolean => "on|off",
        OptionKind.Enum => string.Join('|', key.Values.Except(key.LaterValues)),
        OptionKind.Number => "N",
        OptionKind.Size => "SIZE",
        _ => key.Name.ToUpperInvariant(),
    };

    private static string Default(OptionKey key) => key.Default is string value ? $" (default {value})" : "";

    private static string Write(string introduction, OptionGroup[] groups, string end)
    {
        StringBuilder text = new(introduction);
        foreach (OptionGroup group in groups)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{group.Title}:\n");
            foreach ((string term, string description) in group.Rows)
                Row(text, term, description);
        }

        return text.Append('\n').Append(end).ToString();
    }

    private static void Row(StringBuilder text, string term, string description)
    {
        text.Append("  ").Append(term.PadRight(TermWidth));
        if (term.Length >= TermWidth)
            text.Append('\n').Append(' ', TermWidth + 2);
        int column = TermWidth + 2;
        foreach (string word in description.Split(' '))
        {
            if (column + word.Length >= Width)
            {
                text.Append('\n').Append(' ', TermWidth + 2);
                column = TermWidth + 2;
            }

            text.Append(column == TermWidth + 2 ? "" : " ").Append(word);
            column += word.Length + 1;
        }

        text.Append('\n');
    }
}
