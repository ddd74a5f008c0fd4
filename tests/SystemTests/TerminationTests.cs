using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests;

/// <summary>SIGTERM is obeyed within a second whatever it is doing; and a wait that was interrupted is still a clean end.</summary>
[TestFixture]
[NonParallelizable]
internal sealed class TerminationTests
{
    [Test]
    public async Task While_it_waits_for_QMP()
    {
        await using var lab = await Lab.CreateAsync();
        var sidecar = lab.Run("--chardev", lab.ServerChardev("m0", "wait=off"), "--object", Capture.Redirector("f0", "m0"));
        await Eventually.ThatAsync(() => sidecar.Error.Contains(lab.Monitor), "it says that it waits for QMP");

        await EndsLeavingNothingAsync(lab, sidecar);
    }

    [Test]
    public async Task While_it_waits_for_a_greeting_of_a_busy_monitor()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        using var other = await QmpProbe.ConnectAsync(lab.Monitor);
        var sidecar = lab.Run("--chardev", lab.ServerChardev("m0", "wait=off"), "--object", Capture.Redirector("f0", "m0"));
        await lab.WaitForMonitorClientAsync();

        await EndsLeavingNothingAsync(lab, sidecar);
    }

    [Test]
    public async Task While_it_waits_for_a_peer()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var sidecar = lab.Run("--chardev", lab.ServerChardev("m0", "wait=on"), "--object", Capture.Redirector("f0", "m0"));
        await lab.WaitForMonitorClientAsync();
        await Eventually.ThatAsync(() => File.Exists(lab.PathOf("m0")), "the chardev listens");

        await EndsLeavingNothingAsync(lab, sidecar);
    }

    [Test]
    public async Task While_it_looks_for_a_peer_again_and_again()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var sidecar = lab.Run(
            "--chardev", $"socket,id=m0,path={lab.PathOf("m0")},server=off,reconnect=60", "--object", Capture.Redirector("f0", "m0"));
        await lab.WaitForMonitorClientAsync();

        // Ready or not: like QEMU with reconnect, it need not wait for this peer.
        Assert.That(await sidecar.TerminateAsync(Sidecar.ExitDeadline), Is.Zero, sidecar.Error);
    }

    [Test]
    public async Task With_many_redirectors_whose_accounts_it_gives_all()
    {
        const int count = 40;
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var sidecar = lab.Run(
        [
            .. Enumerable.Range(0, count).SelectMany(i => (string[])
            [
                "--chardev", lab.ServerChardev($"m{i}", "wait=off"), "--object", Capture.Redirector($"f{i}", $"m{i}", ",backlog=1M"),
            ]),
        ]);
        await sidecar.ReadyAsync();

        var reports = await sidecar.StopAsync(Sidecar.ExitDeadline);
        Assert.That(reports, Has.Count.EqualTo(count));
    }

    [Test]
    public async Task While_it_waits_for_a_TAP()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var sidecar = lab.Run(
            "--wait-netdev", "--chardev", lab.ServerChardev("m0", "wait=off"), "--object", Capture.Redirector("f0", "m0", ",ifname=tap9"));
        await lab.WaitForMonitorClientAsync();

        await EndsLeavingNothingAsync(lab, sidecar);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task While_it_is_idle(bool running)
    {
        await using var capture = await Capture.StartAsync(qemuArguments: running ? [] : ["-S"]);

        Accounting.Holds(await capture.StopAsync(Sidecar.ExitDeadline), sent: 0, capture.Peer);
        Assert.That(capture.Lab.PathOf("m0"), Does.Not.Exist);
    }

    [Test]
    public async Task Under_load()
    {
        await using var capture = await Capture.StartAsync();
        using var end = new CancellationTokenSource();
        var load = Task.Run(
            () =>
            {
                for (var number = 0; !end.IsCancellationRequested; number++) capture.Sender.SendNumbered(number, 1);
            },
            CancellationToken.None);
        await capture.Peer.WaitForFramesAsync(1000);

        var report = await capture.StopAsync(Sidecar.ExitDeadline);
        await end.CancelAsync();
        await load;

        Accounting.Holds(report, atLeast: 1000, atMost: capture.Sender.Sent, capture.Peer);
    }

    [Test]
    public async Task While_its_peer_reads_nothing_which_is_left_with_whole_frames()
    {
        const int moreThanASocketHolds = 2000;
        await using var capture = await Capture.StartAsync(allowance: 0);
        capture.Sender.SendNumbered(0, moreThanASocketHolds, Frames.FullLength);

        var reports = await capture.Sidecar.StopAsync(Sidecar.ExitDeadline);
        capture.Peer.Allow(long.MaxValue / 2);
        await capture.Peer.WaitForEndAsync();

        var report = reports["f0"];
        Assert.That(Probe.NumbersWithout(capture.Peer), Is.EqualTo(Enumerable.Range(0, (int)report.Forwarded)));
        Assert.That(report.Forwarded, Is.InRange(1, moreThanASocketHolds - 1));
        Assert.That(capture.Peer.PartialBytes, Is.EqualTo(report.PartialBytes));
        Accounting.Holds(report, moreThanASocketHolds, capture.Peer);
    }

    [Test]
    public async Task While_QEMU_is_gone()
    {
        await using var capture = await Capture.StartAsync();
        await capture.Qemu.KillAsync();

        Accounting.Holds(await capture.StopAsync(Sidecar.ExitDeadline), sent: 0, capture.Peer);
        Assert.That(capture.Lab.PathOf("m0"), Does.Not.Exist);
    }

    [Test]
    public async Task While_QEMU_is_silent()
    {
        await using var capture = await Capture.StartAsync();
        capture.Qemu.Freeze();

        Accounting.Holds(await capture.StopAsync(Sidecar.ExitDeadline), sent: 0, capture.Peer);
    }

    [Test]
    public async Task While_nobody_reads_its_full_standard_error()
    {
        const int pipe = 65536; // what a pipe holds (pipe(7))
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var path = lab.PathOf("stderr");
        await CapturedProcess.RunAsync("mkfifo", path);

        // Open for reading too, so that whoever writes waits instead of being told that there is no reader.
        await using var unread = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        await unread.WriteAsync(new byte[pipe]);
        var sidecar = lab.Start(
            [
                "run", "--qmp", $"unix:{lab.Monitor}", "--pid", lab.PathOf("pid"), "--chardev", lab.ServerChardev("m0", "wait=off"),
                "--object", Capture.Redirector("f0", "m0"),
            ],
            "sh", "-c", $"exec \"$@\" 2>'{path}'", "sh");
        await sidecar.ReadyAsync();

        Assert.That(await sidecar.TerminateAsync(Sidecar.ExitDeadline), Is.Zero);
        foreach (var left in (string[])["m0", "pid"]) Assert.That(lab.PathOf(left), Does.Not.Exist);
    }

    private static async Task EndsLeavingNothingAsync(Lab lab, Sidecar sidecar)
    {
        Assert.That(await sidecar.TerminateAsync(Sidecar.ExitDeadline), Is.Zero, sidecar.Error);
        Assert.That(sidecar.IsReady, Is.False);
        Assert.That(lab.PathOf("m0"), Does.Not.Exist);
    }
}
