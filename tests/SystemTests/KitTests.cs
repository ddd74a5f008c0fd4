using System.Text.Json.Nodes;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests;

/// <summary>
/// The kit proved on QEMU's own filter-mirror, in the sidecar's place: what fails with the sidecar and not here is the sidecar's.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
internal sealed class KitTests
{
    [TestCase(false)]
    [TestCase(true)]
    public async Task QEMUs_filter_mirror_gives_the_peer_every_frame_byte_for_byte(bool vnetHdrSupport)
    {
        const int count = 2000;
        await using var lab = await Lab.CreateAsync();
        // A hub with a second TAP behind it takes every frame; a NIC without a driver would stop QEMU reading its TAP after the first.
        await Tap.CreatePersistentAsync(lab.Namespace, Lab.TapName);
        await Tap.CreatePersistentAsync(lab.Namespace, "sink0");
        var qemu = await lab.StartQemuAsync(
            "-netdev", $"tap,id=net0,ifname={Lab.TapName},script=no,downscript=no,vhost=off",
            "-netdev", "hubport,id=hub0,hubid=0,netdev=net0",
            "-netdev", "tap,id=net1,ifname=sink0,script=no,downscript=no,vhost=off",
            "-netdev", "hubport,id=hub1,hubid=0,netdev=net1",
            "-chardev", $"socket,id=m0,path={lab.PathOf("m0")},server=on,wait=off",
            "-object", $"filter-mirror,id=f0,netdev=net0,queue=tx,outdev=m0,vnet_hdr_support={(vnetHdrSupport ? "on" : "off")}");
        var peer = await lab.ConnectPeerAsync("m0", vnetHdrSupport);
        await qemu.WaitForPeerAsync("m0");
        var sender = lab.OpenSender();

        // A TAP's ring has room for 1000: the window keeps it from overflowing.
        for (var first = 0; first < count; first += 500)
        {
            sender.SendNumbered(first, 500, length: first % 1000 == 0 ? Frames.ShortLength : Frames.FullLength);
            await peer.WaitForFramesAsync(first + 500);
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(peer.Frames.Select(frame => Frames.NumberOf(frame.Payload)), Is.EqualTo(Enumerable.Range(0, count)));
            Assert.That(peer.Frames.Select(frame => frame.AnnouncedVnetHeader), Is.All.EqualTo(vnetHdrSupport ? 0u : null));
            Assert.That(sender.Sent, Is.EqualTo(count));
            Assert.That(peer.BytesRead, Is.EqualTo(peer.Frames.Sum(frame => frame.Payload.Length + (vnetHdrSupport ? 8 : 4))));
            Assert.That((await Tap.CountersAsync(lab.Namespace, Lab.TapName)).TxPackets, Is.EqualTo(count), "taken from the TAP by QEMU");
            Assert.That((await Tap.CountersAsync(lab.Namespace, "sink0")).RxPackets, Is.EqualTo(count), "passed on by the mirror");
        }
    }

    [Test]
    public async Task A_tap_the_test_reads_hands_over_frame_and_virtio_header()
    {
        await using var lab = await Lab.CreateAsync();
        var tap = await lab.OpenTapAsync();
        var sender = lab.OpenSender(vnetHeader: true);
        var frame = Frames.Build(Frames.Udp, new byte[100], unfinished: true);
        byte[] header = VnetHeader.Unfinished(Frames.TransportOffset(ipv6: false), Frames.ChecksumOffset(Frames.Udp));

        sender.Send([.. header, .. frame]);

        Assert.That(tap.Read(), Is.EqualTo((byte[])[.. header, 0, 0, .. frame]));
    }

    [Test]
    public async Task A_tap_counts_what_its_reader_takes_and_what_its_ring_cannot_hold()
    {
        await using var lab = await Lab.CreateAsync();
        var tap = await lab.OpenTapAsync();
        lab.OpenSender().SendNumbered(0, 1500);
        Assert.That(await tap.CountersAsync(), Is.EqualTo(new LinkCounters(TxPackets: 0, TxDropped: 500, RxPackets: 0)));

        for (var number = 0; number < 1000; number++) Assert.That(Frames.NumberOf(tap.Read().AsSpan(12)), Is.EqualTo(number));
        tap.Write(Frames.Numbered(0));

        Assert.That(await tap.CountersAsync(), Is.EqualTo(new LinkCounters(TxPackets: 1000, TxDropped: 500, RxPackets: 1)));
    }

    [Test]
    public async Task Stop_and_cont_change_the_run_state_and_carry_the_clock_of_this_machine()
    {
        await using var lab = await Lab.CreateAsync();
        var qemu = await lab.StartQemuWithTapAsync("-S");
        var before = TimeProvider.System.GetUtcNow();

        Assert.That(await RunStateAsync(), Is.EqualTo("prelaunch"));
        var resumed = await qemu.Qmp.ContinueAsync();
        Assert.That(await RunStateAsync(), Is.EqualTo("running"));
        var stopped = await qemu.Qmp.StopAsync();
        Assert.That(await RunStateAsync(), Is.EqualTo("paused"));

        Assert.That((DateTimeOffset[])[before, resumed.At, stopped.At, TimeProvider.System.GetUtcNow()], Is.Ordered);

        async Task<string?> RunStateAsync() => (await qemu.Qmp.ExecuteAsync("query-status"))?["status"]?.GetValue<string>();
    }

    [Test]
    public void The_parser_takes_any_split_and_refuses_what_would_stop_QEMU()
    {
        byte[] stream = [0, 0, 0, 2, 0, 0, 0, 10, 1, 2, 0, 0, 0, 1, 0, 0, 0, 0, 3];
        for (var step = 1; step <= stream.Length; step++)
        {
            var parser = new FrameStreamParser(vnetHdrSupport: true);
            var frames = new List<ReceivedFrame>();
            foreach (var chunk in stream.Chunk(step)) parser.Feed(chunk, frames.Add);
            using (Assert.EnterMultipleScope())
            {
                Assert.That(frames.Select(frame => frame.Payload), Is.EqualTo((byte[][])[[1, 2], [3]]));
                Assert.That(frames.Select(frame => frame.AnnouncedVnetHeader), Is.EqualTo((uint?[])[10, 0]));
                Assert.That(parser.Partial, Is.Zero);
            }
        }

        Assert.That(() => new FrameStreamParser(false).Feed([0, 0, 0, 0, 1], _ => { }), Throws.TypeOf<FormatException>());
        Assert.That(() => new FrameStreamParser(false).Feed([0, 1, 0x10, 1], _ => { }), Throws.TypeOf<FormatException>());
    }

    [TestCase("identities=ok", true)]
    [TestCase("identities=broken", false)]
    public void The_closing_report_is_read_from_among_other_lines(string verdict, bool holds)
    {
        const string account = "qmp-redirector: f0: kernel_seen=9 kernel_dropped=1 taken=7 forwarded=4 bytes=400 "
            + "in_hand=1 in_kernel=1 partial_bytes=3 late=0";
        var report = RedirectorReport.ParseAll($"qmp-redirector: ready\n{account} dropped.peer_disconnected=2 {verdict}\n")["f0"];

        using (Assert.EnterMultipleScope())
        {
            Assert.That(report.Dropped("peer_disconnected"), Is.EqualTo(2));
            Assert.That(report.Dropped("other"), Is.Zero);
            Assert.That(report.IdentitiesHold, Is.EqualTo(holds));
            if (holds) Accounting.Balances(report);
        }
    }
}
