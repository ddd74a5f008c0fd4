using System.Text.Json.Nodes;
using QmpRedirector.SystemTests.Control;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests;

/// <summary>`run --pcapng FILE`: what was forwarded, as tshark reads it.</summary>
[TestFixture]
[NonParallelizable]
internal sealed class RecordingTests
{
    private const string Outbound = "0x00000002";
    private const string Inbound = "0x00000001";

    [Test]
    public async Task A_recording_holds_the_frames_forwarded_with_their_directions_and_why_the_capture_began_and_ended()
    {
        await using var lab = await Lab.CreateAsync();
        var tap = await lab.OpenTapAsync(vnetHeaderLength: 10, inheritable: true);
        var qemu = await lab.StartQemuAsync("-netdev", $"tap,id=net0,fd={tap.Descriptor}", "-device", "virtio-net-pci,netdev=net0,romfile=");
        var file = lab.PathOf("frames.pcapng");
        var sidecar = lab.Run(
            "--pcapng", file, "--chardev", lab.ServerChardev("m0", "wait=on"),
            "--object", "filter-redirector,id=f0,netdev=net0,queue=all,outdev=m0,vnet_hdr_len=10");
        var peer = await lab.ConnectPeerAsync("m0");
        await sidecar.ReadyAsync();
        var sender = lab.OpenSender();

        sender.SendNumbered(0, 1);
        tap.Write(Frames.Numbered(100, 99));
        await peer.WaitForFramesAsync(2);
        await qemu.Qmp.StopAsync();
        await qemu.Qmp.ContinueAsync();
        // A frame before that could still be captured by an arming whose end the sidecar has not heard of yet.
        await Eventually.ThatAsync(
            () => sidecar.Error.Contains("armed on tap0 (RESUME event", StringComparison.Ordinal), "the sidecar has heard of both events");
        sender.SendNumbered(1, 1);
        await peer.WaitForFramesAsync(3);
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();

        var packets = await Tshark.ReadAsync(
            file, "frame.interface_name", "frame.interface_description", "frame.packet_flags", "frame.comment");
        var frames = await Tshark.FramesAsync(file);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                frames, Is.EqualTo(peer.Frames.Select(frame => frame.Payload[10..])), "the bytes the peer got, without the vnet header");
            Assert.That(packets.Select(packet => packet[0]), Is.All.EqualTo(Lab.TapName));
            Assert.That(packets.Select(packet => packet[1]), Is.All.EqualTo("f0 netdev=net0"));
            Assert.That(packets.Select(packet => packet[2]), Is.EqualTo(new[] { Outbound, Inbound, Outbound }));
            Assert.That(packets[0][3], Does.Match(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z armed on tap0: "));
            Assert.That(packets[1][3], Is.Empty);
            Assert.That(packets[2][3], Does.Contain("disarmed: STOP event: the VM is stopped").And.Contain("armed on tap0: RESUME event"));
            Assert.That(File.GetUnixFileMode(file), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
            Assert.That(report.Recorded, Is.EqualTo(report.Forwarded));
            Assert.That(report.Lost, Is.Zero);
        }

        Accounting.Balances(report);
        Assert.That(await Tshark.CapinfosAsync(file), Does.Contain($"Number of packets = {report.Forwarded}"));
    }

    [Test]
    public async Task Two_redirectors_are_two_interfaces_of_one_file()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var file = lab.PathOf("frames.pcapng");
        var sidecar = lab.Run(
            "--pcapng", file,
            "--chardev", lab.ServerChardev("m0", "wait=on"), "--object", Capture.Redirector("f0", "m0"),
            "--chardev", lab.ServerChardev("m1", "wait=on"), "--object", Capture.Redirector("f1", "m1"));
        var peers = new[] { await lab.ConnectPeerAsync("m0"), await lab.ConnectPeerAsync("m1") };
        await sidecar.ReadyAsync();
        lab.OpenSender().SendNumbered(0, 100);
        foreach (var peer in peers) await peer.WaitForFramesAsync(100);
        var reports = await sidecar.StopAsync();

        var packets = await Tshark.ReadAsync(file, "frame.interface_description");
        Assert.That(packets.GroupBy(packet => packet[0]).Select(group => (group.Key, group.Count())), Is.EquivalentTo(new[]
        {
            ("f0 netdev=net0", 100), ("f1 netdev=net0", 100),
        }));
        Assert.That(reports.Values.Select(report => (report.Recorded, report.Lost)), Is.All.EqualTo((100L, 0L)));
    }

    [Test]
    public async Task A_redirector_that_comes_while_it_runs_is_recorded_and_has_its_statistics_when_it_goes()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var file = lab.PathOf("frames.pcapng");
        var sidecar = lab.Run(
            "--pcapng", file, "--control", lab.PathOf("control"),
            "--chardev", lab.ServerChardev("m0", "wait=on"), "--object", Capture.Redirector("f0", "m0"));
        var peer = await lab.ConnectPeerAsync("m0");
        await sidecar.ReadyAsync();
        using var control = await ControlKit.ControlAsync(lab);
        var sender = lab.OpenSender();

        sender.SendNumbered(0, 10);
        await peer.WaitForFramesAsync(10);
        await control.ExecuteAsync("chardev-add", ControlKit.Server("m9", lab.PathOf("m9")));
        await control.ExecuteAsync("object-add", ControlKit.Redirector("f9", "m9"));
        var added = await lab.ConnectPeerAsync("m9");
        await Eventually.ThatAsync(() => sidecar.Error.Contains("f9: peer connected"), "its peer is there");
        sender.SendNumbered(10, 10);
        await added.WaitForFramesAsync(10);
        await control.ExecuteAsync("object-del", new JsonObject { ["id"] = "f9" });
        var early = await Tshark.ReadAsync(file, "frame.interface_description");
        sender.SendNumbered(20, 10);
        await peer.WaitForFramesAsync(30);
        var report = (await sidecar.StopAsync())["f0"];
        var removed = RedirectorReport.ParseRemoved(sidecar.Error)["f9"];

        var packets = await Tshark.ReadAsync(file, "frame.interface_name", "frame.interface_description");
        using (Assert.EnterMultipleScope())
        {
            Assert.That((removed.Recorded, removed.Lost), Is.EqualTo((10, 0)), "its report waits for its part of the recording");
            Assert.That(early.Count(packet => packet[0] == "f9 netdev=net0"), Is.EqualTo(10), "and so does the file");
            Assert.That((report.Recorded, report.Lost), Is.EqualTo((30, 0)));
            Assert.That(packets.GroupBy(packet => packet[1]).Select(group => (group.Key, group.Count())), Is.EquivalentTo(new[]
            {
                ("f0 netdev=net0", 30), ("f9 netdev=net0", 10),
            }));
            Assert.That(packets.Select(packet => packet[0]), Is.All.EqualTo(Lab.TapName));
        }

        Assert.That(
            await Tshark.CapinfosAsync(file), Does.Contain("Number of interfaces in file: 2").And.Contain("Number of packets = 10"));
    }

    [Test]
    public async Task A_queue_that_is_changed_while_it_runs_keeps_the_directions_true()
    {
        await using var lab = await Lab.CreateAsync();
        var tap = await lab.OpenTapAsync(vnetHeaderLength: 10, inheritable: true);
        await lab.StartQemuAsync("-netdev", $"tap,id=net0,fd={tap.Descriptor}", "-device", "virtio-net-pci,netdev=net0,romfile=");
        var file = lab.PathOf("frames.pcapng");
        var sidecar = lab.Run(
            "--pcapng", file, "--control", lab.PathOf("control"),
            "--chardev", lab.ServerChardev("m0", "wait=on"), "--object", Capture.Redirector("f0", "m0"));
        var peer = await lab.ConnectPeerAsync("m0");
        await sidecar.ReadyAsync();
        using var control = await ControlKit.ControlAsync(lab);

        lab.OpenSender().SendNumbered(0, 1);
        await peer.WaitForFramesAsync(1);
        await ControlKit.SetAsync(control, "f0", "queue", "rx");
        tap.Write(Frames.Numbered(100, 99));
        await peer.WaitForFramesAsync(2);
        await sidecar.StopAsync();

        Assert.That(
            (await Tshark.ReadAsync(file, "frame.packet_flags")).Select(packet => packet[0]), Is.EqualTo(new[] { Outbound, Inbound }));
    }

    [Test]
    public async Task What_decode_writes_is_read_without_a_complaint_too()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var file = lab.PathOf("decoded.pcapng");
        var sidecar = lab.Run("--chardev", lab.ServerChardev("m0", "wait=off"), "--object", Capture.Redirector("f0", "m0"));
        await sidecar.ReadyAsync();
        var decode = lab.Start(["decode", $"unix:{lab.PathOf("m0")}", "-w", file, "-c", "20"]);
        await Eventually.ThatAsync(() => sidecar.Error.Contains("peer connected"), "decode is its peer");
        lab.OpenSender().SendNumbered(0, 20);

        Assert.That(await decode.WaitForExitAsync(), Is.Zero, decode.Error);
        Assert.That((await Tshark.FramesAsync(file)).Select(frame => Frames.NumberOf(frame)), Is.EqualTo(Enumerable.Range(0, 20)));
        Assert.That(await Tshark.CapinfosAsync(file), Does.Contain("Number of packets = 20"));
        await sidecar.StopAsync();
    }

    [Test]
    public async Task What_a_vnet_header_says_of_an_unfinished_checksum_is_a_comment()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.OpenTapAsync();
        // The test's TAP has offloads on; QEMU's, whose guest has no driver, would have the kernel finish the checksum.
        await lab.StartQemuAsync(QemuProcess.TapAndNic("qemu0"));
        var file = lab.PathOf("frames.pcapng");
        var sidecar = lab.Run(
            "--pcapng", file, "--chardev", lab.ServerChardev("m0", "wait=on"),
            "--object", "filter-redirector,id=f0,netdev=net0,ifname=tap0,queue=tx,outdev=m0,vnet_hdr_support=on,vnet_hdr_len=12");
        var peer = await lab.ConnectPeerAsync("m0", vnetHdrSupport: true);
        await sidecar.ReadyAsync();
        var frame = Frames.Build(Frames.Udp, new byte[20], unfinished: true);
        lab.OpenSender(vnetHeader: true).Send([1, 0, 0, 0, 0, 0, 34, 0, 6, 0, .. frame]);
        await peer.WaitForFramesAsync(1);
        await sidecar.StopAsync();

        Assert.That(await Tshark.FramesAsync(file), Is.EqualTo(new[] { frame }));
        Assert.That(
            (await Tshark.ReadAsync(file, "frame.comment")).Single().Single(),
            Does.Contain("vnet_hdr_len=12 flags=1 gso_type=0 hdr_len=0 gso_size=0 csum_start=34 csum_offset=6"));
    }

    [Test]
    public async Task A_full_disk_ends_the_recording_and_nothing_else()
    {
        const int count = 3000;
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var disk = Directory.CreateDirectory(lab.PathOf("disk")).FullName;
        await CapturedProcess.RunAsync("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk);
        try
        {
            var file = Path.Combine(disk, "frames.pcapng");
            var sidecar = lab.Run(
                "--pcapng", file, "--chardev", lab.ServerChardev("m0", "wait=on"), "--object", Capture.Redirector("f0", "m0"));
            var peer = await lab.ConnectPeerAsync("m0");
            await sidecar.ReadyAsync();
            lab.OpenSender().SendNumbered(0, count, Frames.FullLength);
            await peer.WaitForFramesAsync(count);
            await Eventually.ThatAsync(() => sidecar.Error.Contains("recording has ended"), "the full disk is noticed");
            var report = (await sidecar.StopAsync())["f0"];
            await peer.WaitForEndAsync();

            Accounting.Holds(report, count, peer);
            using (Assert.EnterMultipleScope())
            {
                Assert.That(sidecar.ErrorLines.Count(line => line.Contains("recording has ended")), Is.EqualTo(1));
                Assert.That(sidecar.Error, Does.Contain("No space left on device"));
                Assert.That(report.Lost, Is.Positive);
                Assert.That(report.Recorded + report.Lost, Is.EqualTo(count));
                Assert.That(await Tshark.FramesAsync(file), Has.Length.EqualTo(report.Recorded), "what is there is whole");
            }
        }
        finally
        {
            await CapturedProcess.RunAsync("umount", disk);
        }
    }

    [Test]
    public async Task A_hundred_thousand_frames_at_full_rate_are_recorded_or_counted_as_lost()
    {
        // No more than the slots of this backlog hold (113,664 of them), however long this machine keeps their reader waiting.
        const int count = 100_000;
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var file = lab.PathOf("frames.pcapng");
        var sidecar = lab.Run(
            "--pcapng", file, "--chardev", lab.ServerChardev("m0", "wait=on"), "--object", Capture.Redirector("f0", "m0", ",backlog=384M"));
        var peer = await lab.ConnectPeerAsync("m0");
        await sidecar.ReadyAsync();
        lab.OpenSender().SendNumbered(0, count);
        await peer.WaitForFramesAsync(count);
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();

        Accounting.Holds(report, count, peer);
        Assert.That(report.Recorded + report.Lost, Is.EqualTo(count));
        Assert.That((await Tshark.ReadAsync(file, "frame.len")).Length, Is.EqualTo(report.Recorded));
    }

    [Test]
    public async Task Without_it_the_report_says_nothing_of_a_recording()
    {
        await using var capture = await Capture.StartAsync();
        var report = await capture.StopAsync();
        Assert.That(report.Fields.Keys, Has.None.StartsWith("pcapng"));
    }

    [Test]
    public async Task A_file_that_cannot_be_made_is_told_before_anything_else_happens()
    {
        await using var lab = await Lab.CreateAsync();
        var sidecar = lab.Run(
            "--pcapng", lab.PathOf("no/such"), "--chardev", lab.ServerChardev("m0", "wait=off"), "--object", Capture.Redirector("f0", "m0"));
        Assert.That(await sidecar.WaitForExitAsync(), Is.EqualTo(1));
        Assert.That(sidecar.Error, Does.Contain("--pcapng").And.Contain("it cannot be recorded to").And.Contain("No such file or directory"));
    }
}
