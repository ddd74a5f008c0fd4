using System.Text.Json.Nodes;
using QmpRedirector.SystemTests.Kit;
using QmpRedirector.Testing;
using static QmpRedirector.SystemTests.Control.ControlKit;

namespace QmpRedirector.SystemTests.Control;

/// <summary>Every property that can be set while frames flow, by what it does to them.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
internal sealed class LiveChangeTests
{
    [Test]
    public async Task Queue_changes_which_direction_is_forwarded()
    {
        await using var lab = await Lab.CreateAsync();
        lab.Own(FakeVm.StartAt(lab.Monitor));
        var tap = await lab.OpenTapAsync();
        var (sidecar, peers) = await StartWithAsync(lab, $",ifname={tap.Name}", "f0");
        using var control = await ControlAsync(lab);
        var sender = lab.OpenSender();

        sender.SendNumbered(0, 5);
        FromGuest(tap, 100, 5);
        await peers["f0"].WaitForFramesAsync(5);
        await SetAsync(control, "f0", "queue", "rx");
        sender.SendNumbered(5, 5);
        FromGuest(tap, 105, 5);
        await peers["f0"].WaitForFramesAsync(10);
        await SetAsync(control, "f0", "queue", "all");
        sender.SendNumbered(10, 5);
        FromGuest(tap, 110, 5);
        await peers["f0"].WaitForFramesAsync(20);
        var statistics = (await control.ExecuteAsync("query-netfilter-stats"))!.AsArray().Single()!;
        var report = (await sidecar.StopAsync())["f0"];
        await peers["f0"].WaitForEndAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                Probe.NumbersWithout(peers["f0"]),
                Is.EqualTo((int[])[0, 1, 2, 3, 4, 105, 106, 107, 108, 109, 10, 11, 12, 13, 14, 110, 111, 112, 113, 114]));
            Assert.That((long)statistics["packets-tx"]!, Is.EqualTo(10));
            Assert.That((long)statistics["packets-rx"]!, Is.EqualTo(10));
            Assert.That((long)statistics["bytes-rx"]!, Is.EqualTo(10 * Frames.ShortLength));
        }

        Accounting.Holds(report, sent: 20, peers["f0"]);
    }

    [Test]
    public async Task Vnet_hdr_len_changes_between_two_frames()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var (sidecar, peers) = await StartAsync(lab, "f0");
        using var control = await ControlAsync(lab);
        var sender = lab.OpenSender();

        sender.SendNumbered(0, 3);
        await peers["f0"].WaitForFramesAsync(3);
        await SetAsync(control, "f0", "vnet_hdr_len", "12");
        sender.SendNumbered(3, 3);
        await peers["f0"].WaitForFramesAsync(6);
        await SetAsync(control, "f0", "vnet_hdr_len", "auto");

        // No driver: what QEMU itself starts with. It is asked for, so the change comes a moment after the answer.
        await Eventually.ThatAsync(
            async () => (int?)(await control.ExecuteAsync("query-status"))!["redirectors"]![0]!["vnet-hdr-len"] == 10, "QEMU was asked");
        sender.SendNumbered(6, 3);
        await peers["f0"].WaitForFramesAsync(9);
        var report = (await sidecar.StopAsync())["f0"];
        await peers["f0"].WaitForEndAsync();

        Assert.That(
            peers["f0"].Frames.Select(frame => frame.Payload.Length - Frames.ShortLength),
            Is.EqualTo((int[])[0, 0, 0, 12, 12, 12, 10, 10, 10]));
        Accounting.Balances(report);
        Assert.That((report.KernelSeen, report.Forwarded), Is.EqualTo((9, 9)));
    }

    [Test]
    public async Task Ifname_moves_the_capture_to_another_TAP_and_back_to_QEMUs()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        await lab.OpenTapAsync("other0");
        var (sidecar, peers) = await StartAsync(lab, "f0");
        using var control = await ControlAsync(lab);
        var sender = lab.OpenSender();
        var other = lab.OpenSender("other0");

        await SetAsync(control, "f0", "ifname", "other0");
        await BoundToAsync(control, "other0");
        sender.SendNumbered(0, 3);
        other.SendNumbered(100, 3);
        await peers["f0"].WaitForFramesAsync(3);
        await SetAsync(control, "f0", "ifname", "");
        await BoundToAsync(control, Lab.TapName);
        other.SendNumbered(103, 3);
        sender.SendNumbered(3, 3);
        await peers["f0"].WaitForFramesAsync(6);
        var report = (await sidecar.StopAsync())["f0"];
        await peers["f0"].WaitForEndAsync();

        Assert.That(Probe.NumbersWithout(peers["f0"]), Is.EqualTo((int[])[100, 101, 102, 3, 4, 5]));
        Accounting.Holds(report, sent: 6, peers["f0"]);
    }

    [Test]
    public async Task When_disconnected_decides_from_then_on_what_becomes_of_frames_that_nobody_takes()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var sidecar = lab.Run(
            "--control", lab.PathOf("control"), "--chardev", lab.ServerChardev("m0", "wait=off"), "--object", Capture.Redirector("f0", "m0"));
        await sidecar.ReadyAsync();
        using var control = await ControlAsync(lab);
        var sender = lab.OpenSender();

        sender.SendNumbered(0, 10);
        await Eventually.ThatAsync(async () => await StatisticAsync(control, "kernel-seen") == 10, "the kernel has seen them");
        await SetAsync(control, "f0", "when_disconnected", "hold");
        sender.SendNumbered(10, 20);
        await Eventually.ThatAsync(async () => await StatisticAsync(control, "kernel-seen") == 30, "the kernel has seen the others");
        var waiting = await StatisticAsync(control, "in-kernel");
        using var peer = await lab.ConnectPeerAsync("m0");
        await peer.WaitForFramesAsync(20);
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(waiting, Is.EqualTo(20));
            Assert.That(Probe.NumbersWithout(peer), Is.EqualTo(Enumerable.Range(10, 20)));
            Assert.That(report.Dropped("peer_disconnected"), Is.EqualTo(10));
        }

        Accounting.Holds(report, sent: 30, peer);
    }

    [Test]
    public async Task Disable_when_running_closes_and_opens_a_running_capture()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var (sidecar, peers) = await StartAsync(lab, "f0");
        using var control = await ControlAsync(lab);
        using var watcher = await ControlAsync(lab);
        var sender = lab.OpenSender();

        await SetAsync(control, "f0", "disable_when_running", true);
        sender.SendNumbered(0, 5);
        await SetAsync(control, "f0", "disable_when_running", false);
        sender.SendNumbered(5, 5);
        await peers["f0"].WaitForFramesAsync(5);
        var told = new[] { await watcher.WaitForEventAsync("REDIRECTOR_STATE_CHANGED"), await watcher.WaitForEventAsync("REDIRECTOR_STATE_CHANGED") };
        var report = (await sidecar.StopAsync())["f0"];
        await peers["f0"].WaitForEndAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Probe.NumbersWithout(peers["f0"]), Is.EqualTo(Enumerable.Range(5, 5)));
            Assert.That(told.Select(change => (bool)change.Data!["active"]!), Is.EqualTo((bool[])[false, true]), "another client is told");
        }

        Accounting.Holds(report, sent: 5, peers["f0"]);
    }

    private static void FromGuest(Tap tap, int first, int count)
    {
        for (var number = first; number < first + count; number++)
            tap.Write(Frames.Numbered(number));
    }

    private static Task BoundToAsync(QmpProbe control, string ifname) => Eventually.ThatAsync(
        async () => (string?)(await control.ExecuteAsync("query-status"))!["redirectors"]![0]!["ifname"] == ifname, $"{ifname} is captured");

    private static async Task<long> StatisticAsync(QmpProbe control, string name) =>
        (long)(await control.ExecuteAsync("query-netfilter-stats", new JsonObject { ["name"] = "f0" }))!.AsArray().Single()![name]!;
}
