using System.Net.Sockets;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests;

/// <summary>`check` against real TAPs and QEMUs: what it says is so, and it changes nothing.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
internal sealed class CheckTests
{
    [Test]
    public async Task Where_all_is_well_it_says_so_leaves_nothing_and_run_is_ready_with_the_same_options()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        string[] options =
            ["--pid", lab.PathOf("pid"), "--chardev", lab.ServerChardev("m0", "wait=off"), "--object", Capture.Redirector("f0", "m0")];
        var before = Directory.GetFileSystemEntries(lab.Folder);

        var check = await CheckRun.OfAsync(lab, options);

        check.IsWellBut();
        Assert.That(check.The("net0 holder").Text, Does.StartWith("QEMU moves its frames itself"));
        Assert.That(check.The("f0 direction").Text, Does.Contain("PACKET_OUTGOING"));
        // The test's own socket for READY=1 is all that is new.
        Assert.That(Directory.GetFileSystemEntries(lab.Folder).Order(), Is.EqualTo(before.Append(lab.PathOf("notify0")).Order()));
        var sidecar = lab.Run(options);
        await sidecar.ReadyAsync();
        Assert.That(await sidecar.TerminateAsync(), Is.Zero);
    }

    [Test]
    public async Task Text_is_80_columns_without_colour_when_piped()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var check = lab.Start(
            ["check", "-qmp", $"unix:{lab.Monitor}", "-chardev", "socket,id=m0,host=127.0.0.1,port=0,server=on,wait=off",
             "-object", Capture.Redirector("f0", "m0")]);

        Assert.That(await check.WaitForExitAsync(), Is.Zero, check.Output);
        var lines = check.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines, Has.All.Length.LessThanOrEqualTo(80).And.None.Contains('\e'));
        Assert.That(lines[0], Does.StartWith("ok    capabilities    CAP_NET_RAW"));
        Assert.That(lines[^1], Is.EqualTo("All is well: 'run' would work."));
    }

    [Test]
    public async Task A_wrong_option_gets_the_sentence_of_run_and_exit_code_2()
    {
        await using var lab = await Lab.CreateAsync();
        string[] options = ["--qmp", "/none", "--object", "filter-redirector,id=f0,netdev=net0,outdev=nope,foo=1"];
        var check = lab.Start(["check", .. options]);
        var run = lab.Start(["run", .. options]);

        Assert.That((await check.WaitForExitAsync(), await run.WaitForExitAsync()), Is.EqualTo((2, 2)));
        Assert.That(check.ErrorLines[..^1], Is.EqualTo(run.ErrorLines[..^1]));
    }

    [Test]
    public async Task Without_CAP_NET_RAW_it_fails_with_the_command_to_grant_it()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();

        var check = await CheckRun.OfAsync(lab, Options(lab), ["setpriv", "--inh-caps", "-net_raw", "--bounding-set", "-net_raw"]);

        Assert.That(check.FailsOnlyOn("capabilities").Remedy, Does.Contain($"setcap cap_net_raw+ep {Sidecar.Binary}"));
        Assert.That(check.The("kernel").Mark, Is.EqualTo("warn"), "it cannot be tried");
    }

    [Test]
    public async Task With_CAP_NET_RAW_alone_all_is_well()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();

        var check = await CheckRun.OfAsync(lab, Options(lab), ["setpriv", "--inh-caps", "-net_admin", "--bounding-set", "-net_admin"]);

        Assert.That(check.The("f0 backlog").Mark, Is.EqualTo("ok"));
        Assert.That(check.The("capabilities").Mark, Is.EqualTo("ok"));
    }

    [TestCase("netdev=nope", "nope tap", "QEMU has no netdev 'nope': it has 'net0'.")]
    [TestCase("netdev=net0,ifname=tap9", "tap9 tap", "TAP 'tap9' (ifname=) does not exist in this network namespace.")]
    [TestCase("netdev=net0,ifname=mv0", "mv0 tap", "'mv0' is a macvtap device:")]
    public async Task A_TAP_that_is_absent_or_none_fails(string netdev, string subject, string sentence)
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        await lab.Namespace.ExecAsync("ip", "link", "add", "ve0", "type", "veth", "peer", "name", "ve1");
        await lab.Namespace.ExecAsync("ip", "link", "add", "link", "ve0", "name", "mv0", "type", "macvtap");

        var check = await CheckRun.OfAsync(
            lab, "--chardev", lab.ServerChardev("m0", "wait=off"), "--object", $"filter-redirector,id=f0,{netdev},queue=tx,outdev=m0");

        Assert.That(check.FailsOnlyOn(subject).Text, Does.StartWith(sentence));
    }

    [Test]
    public async Task A_TAP_that_is_down_is_a_warning_and_run_is_ready_all_the_same()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        await lab.Namespace.ExecAsync("ip", "link", "set", Lab.TapName, "down");

        var check = await CheckRun.OfAsync(lab, Options(lab));

        check.IsWellBut("net0 tap");
        Assert.That(check.The("net0 tap").Remedy, Is.EqualTo($"ip link set {Lab.TapName} up"));
        await lab.Run(Options(lab)).ReadyAsync();
    }

    [Test]
    public async Task The_remedy_for_a_qdisc_is_a_command_that_works()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        await lab.Namespace.ExecAsync("tc", "qdisc", "replace", "dev", Lab.TapName, "root", "pfifo");
        Assert.That((await CheckRun.OfAsync(lab, Options(lab))).The("net0 qdisc").Text, Does.StartWith("pfifo"));

        await lab.Namespace.ExecAsync("tc", "qdisc", "replace", "dev", Lab.TapName, "root", "noqueue");

        Assert.That((await CheckRun.OfAsync(lab, Options(lab))).The("net0 qdisc").Text, Does.StartWith("noqueue: a full TAP drops"));
    }

    [Test]
    public async Task A_running_sidecar_is_recognised_and_not_disturbed()
    {
        await using var capture = await Capture.StartAsync();

        var check = await CheckRun.OfAsync(capture.Lab, Options(capture.Lab));
        capture.Sender.SendNumbered(0, 10);
        await capture.Peer.WaitForFramesAsync(10);
        var report = await capture.StopAsync();

        Assert.That(check.FailsOnlyOn("qmp").Text, Does.Contain("is taken, perhaps by a running qmp-redirector"));
        Assert.That(check.The("m0").Mark, Is.EqualTo("warn"));
        Assert.That(check.The("m0").Text, Does.Contain("one peer is connected"));
        Accounting.Holds(report, sent: 10, capture.Peer);
    }

    [Test]
    public async Task A_chardev_path_without_its_directory_fails_as_run_would()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        string[] options =
        [
            "--chardev", $"socket,id=m0,path={lab.PathOf("no/such/folder")},server=on,wait=off", "--object", Capture.Redirector("f0", "m0"),
        ];

        var failure = (await CheckRun.OfAsync(lab, options)).FailsOnlyOn("m0");
        var run = lab.Run(options);

        Assert.That(await run.WaitForExitAsync(), Is.EqualTo(1));
        Assert.That(run.ErrorLines[^1], Does.EndWith(failure.Text.TrimEnd('.')));
    }

    [Test]
    public async Task A_chardev_path_in_a_directory_of_someone_else_fails()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();

        // To search folders, because the checkout may be in one that is root's alone; not to write into them.
        const string capabilities = "+net_raw,+dac_read_search";
        string[] nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps", capabilities,
            "--ambient-caps", capabilities];

        var check = await CheckRun.OfAsync(lab, Options(lab), nobody);

        Assert.That(check.The("capabilities").Mark, Is.EqualTo("ok"));
        Assert.That(check.The("m0").Text, Does.EndWith("Permission denied."));
    }

    [Test]
    public async Task A_recording_and_metrics_that_are_free_are_well_and_neither_is_made()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        string[] options = [.. Options(lab), "--pcapng", lab.PathOf("f.pcapng"), "--metrics", $"unix:{lab.PathOf("metrics")}",
            "--control", $"unix:{lab.PathOf("control")}"];

        (await CheckRun.OfAsync(lab, options)).IsWellBut();

        Assert.That(File.Exists(lab.PathOf("f.pcapng")) || File.Exists(lab.PathOf("metrics")) || File.Exists(lab.PathOf("control")), Is.False);
        var sidecar = lab.Run(options);
        await sidecar.ReadyAsync();
        Assert.That(await sidecar.TerminateAsync(), Is.Zero);
        var again = await CheckRun.OfAsync(lab, options);
        again.IsWellBut("pcapng");
        Assert.That(again.The("pcapng").Text, Does.StartWith($"A file is at {lab.PathOf("f.pcapng")}: 'run' replaces it"));
    }

    [Test]
    public async Task A_control_socket_without_any_redirector_is_well()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();

        (await CheckRun.OfAsync(lab, "--control", lab.PathOf("control"))).IsWellBut();
    }

    [Test]
    public async Task Metrics_of_a_running_sidecar_are_not_taken_over()
    {
        await using var capture = await Capture.StartAsync();
        using var other = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        other.Bind(new UnixDomainSocketEndPoint(capture.Lab.PathOf("metrics")));
        other.Listen();
        string[] options =
            ["--metrics", $"unix:{capture.Lab.PathOf("metrics")}", "--chardev", capture.Lab.ServerChardev("m1", "wait=off"),
             "--object", Capture.Redirector("f1", "m1")];

        var check = await CheckRun.OfAsync(capture.Lab, options);
        var run = capture.Lab.Run(options);

        Assert.That(check.The("metrics").Mark, Is.EqualTo("fail"));
        Assert.That(await run.WaitForExitAsync(), Is.EqualTo(1));
        Assert.That(run.ErrorLines[^1], Does.Contain("somebody answers there"));
        Assert.That(File.Exists(capture.Lab.PathOf("metrics")), Is.True);
    }

    [Test]
    public async Task Metrics_elsewhere_than_on_loopback_are_a_wrong_option()
    {
        await using var lab = await Lab.CreateAsync();
        var check = lab.Start(["check", "--qmp", "/none", .. Options(lab), "--metrics", "tcp:0.0.0.0:9200"]);

        Assert.That(await check.WaitForExitAsync(), Is.EqualTo(2));
        Assert.That(check.Error, Does.Contain("--metrics serves loopback only"));
    }

    [Test]
    public async Task A_recording_or_metrics_that_run_would_fail_on_fail_with_its_words()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        string[] options =
            [.. Options(lab), "--pcapng", lab.PathOf("no/f"), "--metrics", $"unix:{lab.PathOf("no/m")}", "--control", lab.PathOf("no/c")];

        var check = await CheckRun.OfAsync(lab, options);
        var run = lab.Run(options);

        Assert.That(
            check.Findings.Where(finding => finding.Mark == "fail").Select(finding => finding.Subject),
            Is.EqualTo((string[])["pcapng", "control", "metrics"]));
        Assert.That(await run.WaitForExitAsync(), Is.EqualTo(1));
        foreach (var subject in (string[])["pcapng", "metrics"])
            Assert.That(run.ErrorLines, Has.Some.Match($"--{subject} .*No such file or directory"));
        Assert.That(run.ErrorLines, Has.Some.Match("--control: Cannot listen for QMP at unix:.*: its directory does not exist"));
    }

    private static string[] Options(Lab lab) =>
        ["--chardev", lab.ServerChardev("m0", "wait=off"), "--object", Capture.Redirector("f0", "m0")];
}
