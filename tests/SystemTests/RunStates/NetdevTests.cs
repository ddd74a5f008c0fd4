using System.Buffers.Binary;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.RunStates;

/// <summary>From a netdev's id to its TAP, however QEMU came by it and whatever becomes of it.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
internal sealed class NetdevTests
{
    private const string OtherTap = "tap1";
    private const string NetdevMissed = "QEMU has no netdev 'net0': it has none at all. Asking again every second.";

    [TestCase("fd")]
    [TestCase("fds")]
    [TestCase("queues")]
    public async Task Frames_of_a_TAP_with_two_queues_arrive_once_however_QEMU_got_it(string how)
    {
        const int count = 200;
        await using var lab = await Lab.CreateAsync();
        string netdev;
        if (how == "queues")
        {
            await lab.Namespace.ExecAsync("ip", "tuntap", "add", "dev", Lab.TapName, "mode", "tap", "vnet_hdr", "multi_queue");
            await lab.Namespace.ExecAsync("ip", "link", "set", Lab.TapName, "up");
            netdev = $"ifname={Lab.TapName},script=no,downscript=no,queues=2";
        }
        else
        {
            var tap = lab.Own(await MultiQueueTap.OpenAsync(lab.Namespace, Lab.TapName));
            netdev = how == "fd" ? $"fd={tap.Descriptors[0]}" : $"fds={string.Join(':', tap.Descriptors)}";
        }

        await lab.StartQemuAsync(
            "-netdev", $"tap,id=net0,{netdev}", "-device", $"virtio-net-pci,netdev=net0,romfile=,mq={(how == "fd" ? "off" : "on")}");
        var (sidecar, peer) = await StartAsync(lab);
        SendFlows(lab.OpenSender(), count);
        await peer.WaitForFramesAsync(count);
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();

        Assert.That(peer.Frames.Select(frame => frame.Payload), Is.EqualTo(Enumerable.Range(0, count).Select(Flow)));
        Assert.That(sidecar.Error, Does.Contain("has several queues"));
        Assert.That(sidecar.Error, Does.Contain(how == "queues" ? "ifname= of info network" : "fd="));
        Accounting.Holds(report, count, peer);
    }

    [Test]
    public async Task Frames_are_captured_whichever_queue_the_kernel_puts_them_in()
    {
        const int count = 200;
        await using var lab = await Lab.CreateAsync();
        var tap = lab.Own(await MultiQueueTap.OpenAsync(lab.Namespace, Lab.TapName));
        await lab.StartQemuAsync(QemuProcess.TapAndNic("qemu0"));
        var (sidecar, peer) = await StartAsync(lab, $",ifname={Lab.TapName}");
        SendFlows(lab.OpenSender(), count);
        await peer.WaitForFramesAsync(count);
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();

        int[] queued = [tap.Drain(0), tap.Drain(1)];
        Assert.That(queued, Has.All.Positive);
        Assert.That(queued.Sum(), Is.EqualTo(count));
        Assert.That(peer.Frames.Select(frame => frame.Payload), Is.EqualTo(Enumerable.Range(0, count).Select(Flow)));
        Accounting.Holds(report, count, peer);
    }

    [TestCase(true, TestName = "A_netdev_may_come_after_the_sidecar_while_the_VM_runs_if_told_so")]
    [TestCase(false, TestName = "A_netdev_may_come_after_the_sidecar_while_the_VM_has_not_run")]
    public async Task A_netdev_may_come_after_the_sidecar(bool running)
    {
        await using var lab = await Lab.CreateAsync();
        await Tap.CreatePersistentAsync(lab.Namespace, Lab.TapName);
        var qemu = await lab.StartQemuAsync(running ? [] : ["-S"]);
        var (sidecar, peer) = await StartAsync(lab, ",enable_when_stopped=on", ready: false, running ? ["--wait-netdev"] : []);
        await sidecar.WaitForLogAsync(NetdevMissed);
        Assert.That(sidecar.IsReady, Is.False);

        await qemu.Qmp.AddTapAsync(Lab.TapName);
        await sidecar.ReadyAsync();
        lab.OpenSender().SendNumbered(0, 10);
        await peer.WaitForFramesAsync(10);
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();

        Assert.That(Probe.NumbersWithout(peer), Is.EqualTo(Enumerable.Range(0, 10)));
        Accounting.Holds(report, sent: 10, peer);
    }

    [Test]
    public async Task A_netdev_deleted_and_added_again_with_another_TAP_is_captured_there()
    {
        await using var lab = await Lab.CreateAsync();
        await Tap.CreatePersistentAsync(lab.Namespace, Lab.TapName);
        await Tap.CreatePersistentAsync(lab.Namespace, OtherTap);
        var qemu = await lab.StartQemuAsync();
        await qemu.Qmp.AddTapAsync(Lab.TapName);
        var (sidecar, peer) = await StartAsync(lab);

        await ForwardsOnlyOfItsTapAsync(lab, sidecar, peer, qemu.Qmp.DeleteTapAsync, NetdevMissed, () => qemu.Qmp.AddTapAsync(OtherTap));
    }

    [Test]
    public async Task A_QEMU_started_again_with_another_TAP_is_captured_there()
    {
        await using var lab = await Lab.CreateAsync();
        await Tap.CreatePersistentAsync(lab.Namespace, OtherTap);
        var qemu = await lab.StartQemuWithTapAsync();
        var (sidecar, peer) = await StartAsync(lab);

        await ForwardsOnlyOfItsTapAsync(
            lab, sidecar, peer, qemu.KillAsync, "has ended (process", () => lab.StartQemuAsync(QemuProcess.TapAndNic(OtherTap)));
    }

    [Test]
    public async Task A_QEMU_in_another_network_namespace_is_refused()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var sidecar = RunElsewhere(lab, lab.Own(await NetworkNamespace.CreateAsync()), "");

        Assert.That(await sidecar.WaitForExitAsync(), Is.EqualTo(1), sidecar.Error);
        Assert.That(sidecar.ErrorLines[^1], Does.Contain("another network namespace").And.Contain("ifname="));
    }

    [Test]
    public async Task A_QEMU_in_another_network_namespace_is_followed_when_ifname_names_a_TAP_of_ours()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var ours = lab.Own(await NetworkNamespace.CreateAsync());
        lab.Own(await Tap.OpenAsync(ours, OtherTap));
        var sidecar = RunElsewhere(lab, ours, $",ifname={OtherTap}");
        var peer = await lab.ConnectPeerAsync("m0");
        await sidecar.ReadyAsync();

        lab.OpenSender().SendNumbered(100, 10);
        lab.Own(FrameSender.Open(ours, OtherTap)).SendNumbered(0, 10);
        await peer.WaitForFramesAsync(10);
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();

        Assert.That(Probe.NumbersWithout(peer), Is.EqualTo(Enumerable.Range(0, 10)));
        Accounting.Holds(report, sent: 10, peer);
    }

    private static async Task<(Sidecar Sidecar, ChardevPeer Peer)> StartAsync(
        Lab lab, string properties = "", bool ready = true, params string[] arguments)
    {
        var sidecar = lab.Run([.. arguments, .. Arguments(lab, properties)]);
        var peer = await lab.ConnectPeerAsync("m0");
        if (ready) await sidecar.ReadyAsync();
        return (sidecar, peer);
    }

    private static Sidecar RunElsewhere(Lab lab, NetworkNamespace ns, string properties) =>
        lab.Own(Sidecar.Start(ns, lab.PathOf("notify"), ["run", "--qmp", $"unix:{lab.Monitor}", .. Arguments(lab, properties)]));

    private static string[] Arguments(Lab lab, string properties) =>
        ["--chardev", lab.ServerChardev("m0", "wait=on"), "--object", Capture.Redirector("f0", "m0", properties)];

    /// <summary>
    /// Frames of tap0 are forwarded until it is no longer the netdev's, and then those of tap1. Somebody else keeps tap0 alive, but none
    /// of its frames is forwarded any more.
    /// </summary>
    private static async Task ForwardsOnlyOfItsTapAsync(
        Lab lab, Sidecar sidecar, ChardevPeer peer, Func<Task> leaveTap, string known, Func<Task> takeOtherTap)
    {
        lab.OpenSender().SendNumbered(0, 10);
        await peer.WaitForFramesAsync(10);
        await leaveTap();
        await sidecar.WaitForLogAsync(known);
        await lab.OpenTapAsync(vnetHeaderLength: 10);
        // The link's fall is pending as an error at a socket that saw it.
        var left = lab.OpenSender();
        left.SendNumbered(1000, 10);

        await takeOtherTap();
        var taken = lab.OpenSender(OtherTap);
        var probes = await Probe.UntilForwardedAsync(taken, peer);
        left.SendNumbered(2000, 10);
        taken.SendNumbered(10, 10);
        await Eventually.ThatAsync(() => peer.LastNumber == 19, "frames of the other TAP arrive");
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();

        Assert.That(Probe.NumbersWithout(peer), Is.EqualTo(Enumerable.Range(0, 20)));
        Accounting.Holds(report, atLeast: 21, atMost: 20 + probes, peer);
    }

    private static void SendFlows(FrameSender sender, int count)
    {
        for (var number = 0; number < count; number++) sender.Send(Flow(number));
    }

    /// <summary>A frame of a UDP flow of its own, as the kernel chooses the queue by flow. Nobody looks at its checksum.</summary>
    private static byte[] Flow(int number)
    {
        var frame = Frames.Numbered(number);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(Frames.TransportOffset(ipv6: false)), (ushort)(20_000 + number));
        return frame;
    }
}
