using System.Net;
using Microsoft.Extensions.Logging;
using QmpRedirector.Net;
using QmpRedirector.Qmp;

namespace QmpRedirector.Options;

/// <summary>Makes <see cref="RunOptions"/> of the command line and the configuration file, or says everything that is wrong.</summary>
internal static class RunOptionsParser
{
    /// <param name="arguments">The command line: its single values win over the file's, its lists come after the file's.</param>
    /// <param name="readFile">Reads the configuration file.</param>
    public static OptionsResult<RunOptions> Parse(RunArguments arguments, Func<string, string> readFile)
    {
        OptionReport report = new();
        OptionReader scalars = new(RunSchema.Schema, report);
        List<DeclaredChardev> chardevs = [];
        List<DeclaredObject> objects = [];
        bool isComplete = true;
        if (arguments.Config is string path)
        {
            ConfigFile config = ConfigFile.Read(path, readFile, report);
            isComplete = config.IsRead;
            scalars.Add(config.Scalars);
            chardevs.AddRange(config.Chardevs);
            objects.AddRange(config.Objects);
        }

        foreach ((string key, string value) in arguments.Scalars)
            scalars.Add(new OptionBag(ScalarOrigin(key, value), OptionForm.Text, [OptionEntry.FromText(key, value)]));
        chardevs.AddRange(arguments.Chardevs.Select(text => ChardevParser.Parse(text, "--chardev", report)));
        objects.AddRange(arguments.Objects.Select(text => ObjectParser.Parse(text, "--object", report)));

        QmpAddress? qmp = Qmp(scalars, report, isComplete);
        QmpAddress? control = Address(scalars, "control", report);
        ChardevAddress? metrics = Metrics(scalars, report);
        string? pcapng = Pcapng(scalars, report);
        if (objects.Count == 0 && isComplete && !scalars.Has("control"))
        {
            report.Error(
                "nothing to capture: give at least one --object filter-redirector,id=ID,netdev=NETDEV,outdev=CHARDEV, "
                + "or --control to add them while it runs");
        }

        CrossChecks.Run(chardevs, objects, report);
        IReadOnlyList<RedirectorOptions> redirectors =
            PacketFds.Give(arguments.PacketFds, [.. objects.Select(static declared => declared.Value).OfType<RedirectorOptions>()], report);
        return OptionsResult<RunOptions>.From(
            report.Errors.Count == 0 ? Build(qmp!, control, metrics, pcapng, scalars, chardevs, redirectors) : null, report);
    }

    private static string ScalarOrigin(string key, string value) =>
        RunSchema.Schema.Find(key)?.Kind == OptionKind.Boolean ? $"--{key}" : $"--{key} {OptionOrigin.Shown(value)}";

    private static QmpAddress? Qmp(OptionReader scalars, OptionReport report, bool isComplete)
    {
        if (scalars.String("qmp") is null)
        {
            if (isComplete && !scalars.Has("qmp"))
                report.Error("--qmp is missing: give the QMP socket of QEMU, for example --qmp unix:/run/qemu/guest.qmp");
            return null;
        }

        return Address(scalars, "qmp", report);
    }

    private static QmpAddress? Address(OptionReader scalars, string key, OptionReport report)
    {
        if (scalars.String(key) is not string text)
            return null;
        QmpAddress? address = AddressText.Qmp(text, out string sentence);
        if (address is not null)
            return address;

        report.Error(OriginOf(key, scalars), sentence);
        return null;
    }

    private static ChardevAddress? Metrics(OptionReader scalars, OptionReport report)
    {
        if (scalars.String("metrics") is not string text)
            return null;
        ChardevAddress? address = AddressText.Stream(text, out string sentence);
        if (address is ChardevAddress.Inet inet && !IsLoopback(inet.Host))
            sentence = "--metrics serves loopback only; put a proxy in front";
        if (sentence.Length > 0)
            report.Error(OriginOf("metrics", scalars), sentence);
        return address;
    }

    private static string? Pcapng(OptionReader scalars, OptionReport report)
    {
        string? file = scalars.String("pcapng");
        if (file == "-")
        {
            report.Error(
                OriginOf("pcapng", scalars),
                "a sidecar does not record to standard output; name a FIFO (mkfifo), and let Wireshark read that (wireshark -k -i FIFO)");
        }

        return file;
    }

    // On the command line the origin names the option; in a file there are several addresses.
    private static string OriginOf(string key, OptionReader scalars)
    {
        string origin = scalars.Origin(key);
        return origin.StartsWith($"--{key} ", StringComparison.Ordinal) ? origin : $"{origin}: {key}";
    }

    private static bool IsLoopback(string host) =>
        host == "localhost" || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));

    private static RunOptions Build(
        QmpAddress qmp,
        QmpAddress? control,
        ChardevAddress? metrics,
        string? pcapng,
        OptionReader scalars,
        List<DeclaredChardev> chardevs,
        IReadOnlyList<RedirectorOptions> redirectors) => new()
    {
        Qmp = qmp,
        Control = control,
        Chardevs = [.. chardevs.Select(static chardev => chardev.Value!)],
        Redirectors = redirectors,
        PidFile = scalars.String("pid"),
        Metrics = metrics,
        PcapngFile = pcapng,
        OneOff = scalars.Boolean("one-off") ?? false,
        WaitNetdev = scalars.Boolean("wait-netdev") ?? false,
        LogLevel = scalars.String("log-level") switch
        {
            "trace" => LogLevel.Trace,
            "debug" => LogLevel.Debug,
            "warning" => LogLevel.Warning,
            "error" => LogLevel.Error,
            _ => LogLevel.Information,
        },
        LogFormat = scalars.String("log-format") switch
        {
            "json" => LogFormat.Json,
            "systemd" => LogFormat.Systemd,
            _ => LogFormat.Text,
        },
        QmpTimeout = scalars.Number("qmp-timeout") switch
        {
            null => TimeSpan.FromSeconds(30),
            0 => Timeout.InfiniteTimeSpan,
            long seconds => TimeSpan.FromSeconds(seconds),
        },
    };
}
