using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests;

/// <summary>The TAP and QEMU come and go; the sidecar stays.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
internal sealed class LifeCycleTests
{
    [Test]
    public async Task A_tap_created_again_under_its_old_name_is_captured_again()
    {
        await using var lab = await Lab.CreateAsync();
        var tap = await lab.OpenTapAsync();
        await lab.StartQemuAsync(QemuProcess.TapAndNic("qemu0"));
        var sidecar = lab.Run(
            "--chardev", lab.ServerChardev("m0", "wait=on"), "--object", Capture.Redirector("f0", "m0", $",ifname={Lab.TapName}"));
        var peer = await lab.ConnectPeerAsync("m0");
        await sidecar.ReadyAsync();
        var sender = lab.OpenSender();

        sender.SendNumbered(0, 10);
        tap.Dispose();
        await lab.OpenTapAsync();
        var senderAfter = lab.OpenSender();
        await Probe.UntilForwardedAsync(senderAfter, peer);
        senderAfter.SendNumbered(10, 10);
        await Eventually.ThatAsync(() => peer.LastNumber == 19, "frames on the new TAP arrive");
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();

        Assert.That(Probe.NumbersWithout(peer), Is.EqualTo(Enumerable.Range(0, 20)), "those queued when the TAP went included");
        Accounting.Holds(report, atLeast: 21, atMost: sender.Sent + senderAfter.Sent, peer);
    }

    [Test]
    public async Task A_link_that_goes_down_and_up_loses_no_frame_sent_while_it_was_up()
    {
        await using var capture = await Capture.StartAsync();
        capture.Sender.SendNumbered(0, 100);
        await capture.Lab.Namespace.ExecAsync("ip", "link", "set", Lab.TapName, "down");
        await capture.Lab.Namespace.ExecAsync("ip", "link", "set", Lab.TapName, "up");
        // The generator's own socket, too, has the link's fall pending as an error.
        var senderAfter = capture.Lab.OpenSender();
        senderAfter.SendNumbered(100, 100);
        await capture.Peer.WaitForFramesAsync(200);
        var report = await capture.StopAsync();

        Assert.That(Probe.NumbersWithout(capture.Peer), Is.EqualTo(Enumerable.Range(0, 200)));
        Accounting.Holds(report, sent: 200, capture.Peer);
    }

    [Test]
    public async Task A_QEMU_killed_and_started_again_is_followed_again()
    {
        await using var capture = await Capture.StartAsync();
        capture.Sender.SendNumbered(0, 10);
        await capture.Peer.WaitForFramesAsync(10);

        await capture.Qemu.KillAsync();
        await capture.Lab.StartQemuAsync([.. QemuProcess.TapAndNic(Lab.TapName)]);
        await Probe.UntilForwardedAsync(capture.Sender, capture.Peer);
        capture.Sender.SendNumbered(10, 10);
        await Eventually.ThatAsync(() => capture.Peer.LastNumber == 19, "frames of the new QEMU's TAP arrive");
        var report = await capture.StopAsync();

        Assert.That(Probe.NumbersWithout(capture.Peer), Is.EqualTo(Enumerable.Range(0, 20)));
        Accounting.Holds(report, atLeast: 21, atMost: capture.Sender.Sent, capture.Peer);
    }

    [Test]
    public async Task A_QEMU_started_again_stopped_is_not_forwarded_for_until_it_runs()
    {
        await using var capture = await Capture.StartAsync();
        await capture.Qemu.KillAsync();
        var qemu = await capture.Lab.StartQemuAsync([.. QemuProcess.TapAndNic(Lab.TapName), "-S"]);
        await capture.Lab.WaitForMonitorClientAsync();
        // The new QEMU holds the TAP and the sidecar its monitor: these frames could be captured, and must not be.
        capture.Sender.SendNumbered(0, 100);
        await qemu.Qmp.ContinueAsync();
        await Probe.UntilForwardedAsync(capture.Sender, capture.Peer);
        var report = await capture.StopAsync();

        Assert.That(Probe.NumbersWithout(capture.Peer), Is.Empty);
        Accounting.Holds(report, atLeast: 1, atMost: capture.Sender.Sent, capture.Peer);
    }

    [Test]
    public async Task What_was_captured_while_stopped_is_still_sent_when_QEMU_ends()
    {
        const int count = 2000;
        await using var capture = await Capture.StartAsync(",enable_when_stopped=on", allowance: 0);
        await capture.Qemu.Qmp.StopAsync();
        capture.Sender.SendNumbered(0, count, Frames.FullLength);
        await capture.Qemu.KillAsync();
        await Eventually.ThatAsync(() => capture.Sidecar.Error.Contains("QEMU is gone"), "the sidecar notices");

        capture.Peer.Allow(long.MaxValue / 2);
        await capture.Peer.WaitForFramesAsync(count);
        var report = await capture.StopAsync();

        Assert.That(report.Late, Is.Zero, "none was stamped after what ended the capture");
        Accounting.Holds(report, sent: count, capture.Peer);
    }

    [TestCase("quit")]
    [TestCase("kill")]
    public async Task With_one_off_the_end_of_QEMU_is_a_clean_end(string how)
    {
        await using var lab = await Lab.CreateAsync();
        var qemu = await lab.StartQemuWithTapAsync();
        var sidecar = lab.Run(
            "--one-off", "--pid", lab.PathOf("pid"), "--chardev", lab.ServerChardev("m0", "wait=on"),
            "--object", Capture.Redirector("f0", "m0"));
        var peer = await lab.ConnectPeerAsync("m0");
        await sidecar.ReadyAsync();
        Assert.That((await File.ReadAllTextAsync(lab.PathOf("pid"))).Trim(), Is.EqualTo($"{sidecar.Id}"));
        lab.OpenSender().SendNumbered(0, 10);

        if (how == "kill") await qemu.KillAsync();
        else await qemu.Qmp.ExecuteAsync("quit");

        Assert.That(await sidecar.WaitForExitAsync(), Is.Zero, sidecar.Error);
        await peer.WaitForEndAsync();
        Accounting.Holds(sidecar.Reports()["f0"], sent: 10, peer);
        Assert.That(Probe.NumbersWithout(peer), Is.EqualTo(Enumerable.Range(0, 10)));
        foreach (var left in (string[])["m0", "pid"]) Assert.That(lab.PathOf(left), Does.Not.Exist);
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task With_one_off_the_end_of_the_tap_is_a_clean_end(bool unheard)
    {
        const int moreThanANetlinkSocketHolds = 1000;
        await using var lab = await Lab.CreateAsync();
        var tap = await lab.OpenTapAsync();
        await lab.StartQemuAsync(QemuProcess.TapAndNic("qemu0"));
        var sidecar = lab.Run(
            "--one-off", "--chardev", lab.ServerChardev("m0", "wait=off"),
            "--object", Capture.Redirector("f0", "m0", $",ifname={Lab.TapName}"));
        await sidecar.ReadyAsync();

        if (!unheard)
        {
            tap.Dispose();
        }
        else
        {
            // rtnetlink drops the newest announcement when the socket is full of others: this one is of the TAP's end.
            var batch = Enumerable.Range(0, moreThanANetlinkSocketHolds).Select(i => $"link set dev lo mtu {10_000 + i}");
            await File.WriteAllLinesAsync(lab.PathOf("batch"), batch);
            sidecar.Freeze();
            await lab.Namespace.ExecAsync("ip", "-batch", lab.PathOf("batch"));
            tap.Dispose();
            sidecar.Thaw();
        }

        Assert.That(await sidecar.WaitForExitAsync(), Is.Zero, sidecar.Error);
        Assert.That(sidecar.Error, Does.Contain("Ending: the TAP is gone"));
    }
}
