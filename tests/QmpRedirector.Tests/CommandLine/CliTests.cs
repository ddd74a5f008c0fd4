using QmpRedirector.CommandLine;
using QmpRedirector.Decode;
using QmpRedirector.Net;
using QmpRedirector.Options;
using QmpRedirector.Send;

namespace QmpRedirector.Tests.CommandLine;

/// <summary>The parser as a user meets it, with the work itself replaced.</summary>
internal sealed class CliTests
{
    private static readonly string[] _right =
        ["--qmp", "/qmp", "--chardev", "socket,id=m0,path=/m0", "--object", "filter-redirector,id=f0,netdev=n0,outdev=m0"];

    [Test]
    public async Task Run_is_given_its_options()
    {
        Invocation invoked = await Invoke(
            ["run", .. _right, "--pid", "/p", "--one-off", "--wait-netdev", "--qmp-timeout=5", "--log-format", "systemd"]);

        Assert.Multiple(() =>
        {
            Assert.That(invoked.Code, Is.EqualTo(42));
            Assert.That(invoked.Error, Is.Empty);
            Assert.That(invoked.Run!.Redirectors[0].Outdev, Is.EqualTo("m0"));
            Assert.That(invoked.Run.PidFile, Is.EqualTo("/p"));
            Assert.That(invoked.Run.OneOff, Is.True);
            Assert.That(invoked.Run.WaitNetdev, Is.True);
            Assert.That(invoked.Run.QmpTimeout, Is.EqualTo(TimeSpan.FromSeconds(5)));
            Assert.That(invoked.Run.LogFormat, Is.EqualTo(LogFormat.Systemd));
        });
    }

    [Test]
    public async Task QEMUs_one_dash_and_JSON_work_as_they_stand()
    {
        Invocation invoked = await Invoke(
        [
            "run", "-qmp", "unix:/qmp,server=on,wait=off",
            "-chardev",
            """{"id":"m0","backend":{"type":"socket","data":{"addr":{"type":"unix","data":{"path":"/m0"}},"server":true,"wait":false}}}""",
            "-chardev", "socket,id=m1,path=/m1,server,nowait",
            "-object",
            """{"qom-type":"filter-redirector","id":"f0","netdev":"net0","queue":"tx","outdev":"m0","enable_when_stopped":true}""",
            "-object", "filter-mirror,id=f1,netdev=net0,outdev=m1",
        ]);

        Assert.Multiple(() =>
        {
            Assert.That(invoked.Error, Is.Empty);
            Assert.That(invoked.Run!.Qmp.ToString(), Is.EqualTo("unix:/qmp"));
            Assert.That(invoked.Run.Chardevs.Select(static chardev => chardev.Id), Is.EqualTo(["m0", "m1"]));
            Assert.That(invoked.Run.Redirectors.Select(static redirector => redirector.Id), Is.EqualTo(["f0", "f1"]));
        });
    }

    [Test]
    public async Task Check_is_given_the_options_of_run_and_its_own()
    {
        Invocation invoked = await Invoke(["check", .. _right, "--one-off", "--peer-qmp", "unix:/peer,server=on", "--json"]);

        Assert.Multiple(() =>
        {
            Assert.That((invoked.Code, invoked.Error), Is.EqualTo((44, "")));
            Assert.That(invoked.Check!.Run.Redirectors[0].Outdev, Is.EqualTo("m0"));
            Assert.That(invoked.Check.Run.OneOff, Is.True);
            Assert.That(invoked.Check.PeerQmp!.ToString(), Is.EqualTo("unix:/peer"));
            Assert.That(invoked.Check.Json, Is.True);
        });
    }

    [Test]
    public async Task The_help_of_check_names_its_own_options_and_those_of_run()
    {
        string help = (await Invoke(["check", "--help"])).Output;

        Assert.That(
            CheckSchema.Scalars.Concat(RunSchema.Scalars.Where(static key => key.Support == OptionSupport.Supported))
                .Where(key => !help.Contains($"--{key.Name}", StringComparison.Ordinal)),
            Is.Empty);
    }

    private static readonly object[][] _wrong =
    [
        [new[] { "chek" }, "unknown command 'chek'", ""],
        [new[] { "check" }, "--qmp is missing: give the QMP socket of QEMU, for example --qmp unix:/run/qemu/guest.qmp", "check"],
        [new[] { "check", "--object", "@f" }, "--object @f: Parameter 'qom-type' does not accept value '@f'", "check"],
        [new[] { "check", "--peer-qmp" }, "option '--peer-qmp' needs a value", "check"],
        [new[] { "check", "--peer-qmp", "tcp:x" }, "--peer-qmp tcp:x: 'tcp:x' is not a TCP address: use tcp:HOST:PORT", "check"],
        [new[] { "run", "--json" }, "unknown option '--json'", "run"],
        [new[] { "status" }, "--control is missing: give the address that 'run' was given with --control", "status"],
        [new[] { "status", "--control", "tcp:x" }, "--control tcp:x: 'tcp:x' is not a TCP address: use tcp:HOST:PORT", "status"],
        [new[] { "status", "--control" }, "option '--control' needs a value", "status"],
        [new[] { "status", "--control", "x", "y" }, "unexpected argument 'y'", "status"],
        [new[] { "--foo" }, "unknown option '--foo'", ""],
        [new[] { "[diagram]", "run" }, "unknown command '[diagram]'", ""],
        [new[] { "@file" }, "unknown command '@file'", ""],
        [new[] { "run", "--foo=1" }, "unknown option '--foo'", "run"],
        [new[] { "run", "x" }, "unexpected argument 'x'", "run"],
        [new[] { "run", "@file" }, "unexpected argument '@file'", "run"],
        [new[] { "run", "[x]" }, "unexpected argument '[x]'", "run"],
        [new[] { "run", "-chardev", "a", "b" }, "unexpected argument 'b'", "run"],
        [new[] { "run", "--pid" }, "option '--pid' needs a value", "run"],
        [new[] { "run", "--pid", "--one-off" }, "option '--pid' needs a value, which '--one-off' is not", "run"],
        [new[] { "run", "--pid", "a", "--pid", "b" }, "option '--pid' may be given only once", "run"],
        [new[] { "run", "--one-off", "true" }, "unexpected argument 'true'", "run"],
        [new[] { "run", "-pidfile", "x" }, "unknown option '-pidfile'", "run"],
        [new[] { "run", "--control", "tcp:h:0" }, "--control tcp:h:0: 'tcp:h:0': the port must be a number from 1 to 65535", "run"],
        [new[] { "run", "--metrics", "tcp:x" }, "--metrics tcp:x: 'tcp:x' is not a TCP address: use tcp:HOST:PORT", "run"],
        [new[] { "run", "--metrics", "tcp:0.0.0.0:9" }, "--metrics tcp:0.0.0.0:9: --metrics serves loopback only; put a proxy in front", "run"],
        [new[] { "run", "--metrics", "tcp:[::]:9" }, "--metrics tcp:[::]:9: --metrics serves loopback only; put a proxy in front", "run"],
        [new[] { "run", "--metrics", "tcp:example.org:9" },
            "--metrics tcp:example.org:9: --metrics serves loopback only; put a proxy in front", "run"],
        [new[] { "run", "--pcapng" }, "option '--pcapng' needs a value", "run"],
        [new[] { "run", "--pcapng", "-" },
            "--pcapng -: a sidecar does not record to standard output; name a FIFO (mkfifo), and let Wireshark read that (wireshark -k -i FIFO)",
            "run"],
        [new[] { "run", "--qmp", "tcp:h:0" }, "--qmp tcp:h:0: 'tcp:h:0': the port must be a number from 1 to 65535", "run"],
        [new[] { "run" }, "--qmp is missing: give the QMP socket of QEMU, for example --qmp unix:/run/qemu/guest.qmp", "run"],
        [new[] { "run", "--object", "@f" }, "--object @f: Parameter 'qom-type' does not accept value '@f'", "run"],
        [new[] { "run", "--config", "/tmp" }, "--config /tmp: the file cannot be read: it is a directory", "run"],
        [new[] { "run", "--config", "" }, "--config '': this is not the name of a file", "run"],
        [new[] { "decode", "" }, "decode '': this is neither a file nor an address", "decode"],
        [new[] { "decode", "a", "b" }, "unexpected argument 'b'", "decode"],
        [new[] { "decode", "--vnet_hdr_support" }, "unknown option '--vnet_hdr_support'", "decode"],
        [new[] { "decode", "-c5" }, "unknown option '-c5'", "decode"],
        [new[] { "decode", "-c", "0" }, "-c 0: Parameter 'count' expects a value of at least 1", "decode"],
        [new[] { "decode", "--vnet-hdr-len", "11" }, "--vnet-hdr-len 11: Parameter 'vnet-hdr-len' does not accept value '11'", "decode"],
        [new[] { "decode", "unix:/x,server=on" },
            "decode unix:/x,server=on: ',server=on' is no part of an address to connect to", "decode"],
        [new[] { "send" }, "FILE is missing: give the capture file to send, or - for standard input", "send"],
        [new[] { "send", "x" }, "ADDR is missing: give the chardev to send to, for example unix:/run/qemu/guest.m0", "send"],
        [new[] { "send", "x", "/y", "z" }, "unexpected argument 'z'", "send"],
        [new[] { "send", "x", "/y", "--loop" }, "unknown option '--loop'", "send"],
        [new[] { "send", "x", "tcp:h" }, "send tcp:h: 'tcp:h' is not a TCP address: use tcp:HOST:PORT", "send"],
        [new[] { "send", "x", "socket,path=/x,wait=on" },
            "send socket: 'wait' option is incompatible with socket in client connect mode", "send"],
        [new[] { "send", "x", "/y", "--vnet-hdr-len", "auto" },
            "--vnet-hdr-len auto: Parameter 'vnet-hdr-len' does not accept value 'auto'", "send"],
        [new[] { "decode", "socket,path=/x,foo=1" }, "decode socket: Invalid parameter 'foo'", "decode"],
    ];

    [TestCaseSource(nameof(_wrong))]
    public async Task A_wrong_command_line_ends_with_2_and_says_why(string[] args, string sentence, string command)
    {
        Invocation invoked = await Invoke(args);

        Assert.Multiple(() =>
        {
            Assert.That(invoked.Code, Is.EqualTo(2));
            Assert.That(invoked.Error.Split('\n'), Has.Member($"qmp-redirector: {sentence}"));
            Assert.That(invoked.Error, Does.EndWith($"\nTry '{$"qmp-redirector {command}".Trim()} --help'\n"));
            Assert.That(invoked.Output, Is.Empty);
            Assert.That((object?[])[invoked.Run, invoked.Check, invoked.Decode, invoked.Send], Is.All.Null);
        });
    }

    [Test]
    public async Task Errors_of_the_command_line_and_of_its_values_come_together() =>
        Assert.That(
            (await Invoke(["run", .. _right, "--foo", "--log-level", "loud", "-object", "x"])).Error,
            Is.EqualTo(
                """
                qmp-redirector: unknown option '--foo'
                qmp-redirector: --log-level loud: Parameter 'log-level' does not accept value 'loud'
                qmp-redirector: --object x: Parameter 'qom-type' does not accept value 'x'
                Try 'qmp-redirector run --help'

                """));

    [Test]
    public async Task A_warning_does_not_stop_it()
    {
        Invocation invoked = await Invoke(["run", .. _right, "--chardev", "socket,id=m1,path=/m1"]);

        Assert.That(
            (invoked.Code, invoked.Error),
            Is.EqualTo((42, "qmp-redirector: warning: --chardev socket,id=m1: no object uses this chardev\n")));
    }

    [Test]
    public async Task The_version_is_one_line() =>
        Assert.That((await Invoke(["--version"])) is { Code: 0, Output: "qmp-redirector 0.1.0\n", Error: "" }, Is.True);

    [TestCase("--help", "Commands:")]
    [TestCase("-h", "decode")]
    [TestCase("run --help", "enable_when_stopped=on|off")]
    [TestCase("run --help --foo", "Examples:")]
    [TestCase("check --help", "--peer-qmp ADDR")]
    [TestCase("decode -h", "--vnet-hdr-support")]
    [TestCase("send -h", "--realtime")]
    public async Task Help_is_printed_when_it_is_asked_for(string args, string part)
    {
        Invocation invoked = await Invoke(args.Split(' '));

        Assert.Multiple(() =>
        {
            Assert.That(invoked.Code, Is.Zero);
            Assert.That(invoked.Output, Does.Contain(part));
            Assert.That(invoked.Error, Is.Empty);
        });
    }

    [TestCase("--help")]
    [TestCase("run --help")]
    [TestCase("check --help")]
    [TestCase("status --help")]
    [TestCase("decode --help")]
    [TestCase("send --help")]
    public async Task Help_fits_a_terminal_of_80_columns(string args) =>
        Assert.That((await Invoke(args.Split(' '))).Output.Split('\n').Where(line => line.Length >= 80), Is.Empty);

    [Test]
    public async Task The_help_of_run_names_every_option_and_key_that_works()
    {
        string help = (await Invoke(["run", "--help"])).Output;

        string[] names =
        [
            .. RunSchema.Scalars.Where(static key => key.Support == OptionSupport.Supported).Select(static key => $"--{key.Name}"),
            .. ObjectSchema.Properties.Concat(ChardevSchema.All.Keys)
                .Where(static key => key.Support == OptionSupport.Supported && key.Name is not ("delay" or "backend" or "qom-type"))
                .Select(static key => $"{key.Name}="),
        ];
        Assert.That(names.Where(name => !help.Contains(name, StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task No_command_is_answered_with_help_as_an_error()
    {
        Invocation invoked = await Invoke([]);

        Assert.Multiple(() =>
        {
            Assert.That((invoked.Code, invoked.Output), Is.EqualTo((2, "")));
            Assert.That(invoked.Error, Does.Contain("Commands:"));
        });
    }

    private static readonly object[][] _inputs =
    [
        [Array.Empty<string>(), new DecodeInput.StandardInput()],
        [new[] { "-" }, new DecodeInput.StandardInput()],
        [new[] { "a.bin" }, new DecodeInput.File("a.bin")],
        [new[] { "--", "-x" }, new DecodeInput.File("-x")],
        [new[] { "unix:/a" }, Client(new ChardevAddress.Unix("/a"))],
        [new[] { "tcp:h:1" }, Client(new ChardevAddress.Inet("h", 1))],
        [new[] { "fd:3" }, Client(new ChardevAddress.Fd(3))],
        [
            new[] { "socket,path=/a,server=on" },
            new DecodeInput.Socket(new ChardevOptions("decode", new ChardevAddress.Unix("/a"), true, true, null)),
        ],
    ];

    [TestCaseSource(nameof(_inputs))]
    public async Task Decode_reads_from_what_it_is_given(string[] args, object input) =>
        Assert.That((await Invoke(["decode", .. args])).Decode?.Input, Is.EqualTo(input));

    [Test]
    public async Task Decode_is_given_its_options() =>
        Assert.That(
            (await Invoke(["decode", "-", "--vnet-hdr-support", "--vnet-hdr-len", "12", "-w", "-", "-c", "10"])).Decode,
            Is.EqualTo(new DecodeOptions(
                new DecodeInput.StandardInput(), new DecodeSettings { VnetHdrSupport = true, VnetHdrLen = 12, WriteFile = "-", Count = 10 })));

    private static readonly object[][] _sends =
    [
        [new[] { "x", "/y" }, new SendSettings()],
        [new[] { "--vnet-hdr-support", "x", "unix:/y" }, new SendSettings { VnetHdrSupport = true, VnetHdrLen = 12 }],
        [new[] { "x", "/y", "--vnet-hdr-support", "--vnet-hdr-len=0" }, new SendSettings { VnetHdrSupport = true }],
        [new[] { "x", "/y", "--vnet-hdr-len", "10", "--realtime" }, new SendSettings { VnetHdrLen = 10, Realtime = true }],
    ];

    [Test]
    public async Task Status_is_given_its_options() => Assert.That(
        (await Invoke(["status", "--control", "unix:/x,server=on,wait=off", "--json", "--watch"])).Status,
        Is.EqualTo(new StatusOptions(AddressText.Qmp("unix:/x", out var _)!, Json: true, Watch: true)));

    [TestCaseSource(nameof(_sends))]
    public async Task Send_is_given_its_options(string[] args, object settings) => Assert.That(
        (await Invoke(["send", .. args])).Send,
        Is.EqualTo(new SendOptions("x", Client(new ChardevAddress.Unix("/y"), "send").Chardev, (SendSettings)settings)));

    private static DecodeInput.Socket Client(ChardevAddress address, string id = "decode") =>
        new(new ChardevOptions(id, address, false, false, null));

    private static async Task<Invocation> Invoke(string[] args)
    {
        RunOptions? run = null;
        CheckOptions? check = null;
        DecodeOptions? decode = null;
        SendOptions? send = null;
        StatusOptions? status = null;
        StringWriter output = new(), error = new();
        int code = await Cli.InvokeAsync(
            args,
            (options, _) => Task.FromResult((run = options) is null ? 0 : 42),
            (options, _) => Task.FromResult((check = options) is null ? 0 : 44),
            (options, _) => Task.FromResult((decode = options) is null ? 0 : 43),
            (options, _) => Task.FromResult((send = options) is null ? 0 : 45),
            (options, _) => Task.FromResult((status = options) is null ? 0 : 46),
            output,
            error);
        return new Invocation(code, output.ToString(), error.ToString(), run, check, decode, send, status);
    }

    private sealed record Invocation(
        int Code, string Output, string Error, RunOptions? Run, CheckOptions? Check, DecodeOptions? Decode, SendOptions? Send, StatusOptions? Status);
}
