using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.Wire;

/// <summary>A frame is forwarded whole or not at all.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
internal sealed class WholeFramesTests
{
    private const int Header = 12;
    private const int LargestPayload = FrameStreamParser.MaxLength;

    /// <summary>
    /// No TAP carries more than 65535 bytes and a tag, so a loopback device with a huge MTU stands in for one that would.
    /// </summary>
    [Test]
    public async Task What_is_longer_than_a_consumer_takes_or_the_room_for_it_is_dropped_by_reason_and_never_cut()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.Namespace.ExecAsync("ip", "link", "set", "lo", "mtu", "200000");
        var (ours, theirs) = await InProcessForwarder.ConnectedPairAsync(lab.PathOf("m0"));
        using var connection = ours;
        using var peer = new ChardevPeer(theirs, vnetHdrSupport: true);
        await using var forwarder = InProcessForwarder.Open(lab.Namespace, "lo", Header);
        var lost = forwarder.ServeAsync(connection);
        await InProcessForwarder.HasPeerAsync(forwarder);
        forwarder.Arm();
        var sender = lab.OpenSender("lo");

        int[] lengths =
        [
            100, LargestPayload - Header, // forwarded, the second exactly as long as QEMU takes
            LargestPayload - Header + 1, LargestPayload, // oversize: received whole, but too long with its header
            LargestPayload + 200, 100_000, // truncated: longer than the room for a frame
            200,
        ];
        foreach (var (number, length) in lengths.Index()) sender.Send(Frames.Numbered(number, length));
        await peer.WaitForFramesAsync(3);
        var report = InProcessForwarder.Report(await forwarder.StopAsync());
        connection.Dispose();
        await peer.WaitForEndAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await lost, Is.EqualTo(Net.PeerLoss.Stopped));
            Assert.That(
                peer.Frames.Select(frame => frame.Payload.Length - Header), Is.EqualTo((int[])[lengths[0], lengths[1], lengths[^1]]));
            Assert.That(peer.Frames.Select(frame => Frames.NumberOf(frame.Payload.AsSpan(Header))), Is.EqualTo((int[])[0, 1, 6]));
            Assert.That((report.Dropped("oversize"), report.Dropped("truncated"), report.DroppedInAll), Is.EqualTo((2, 2, 4)));
        }

        Accounting.Holds(report, sender.Sent, peer);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_frame_half_written_when_STOP_comes_is_late_if_its_peer_takes_the_rest(bool taken)
    {
        await using var lab = await Lab.CreateAsync();
        await lab.Namespace.ExecAsync("ip", "link", "set", "lo", "mtu", "200000");
        var (ours, theirs) = await InProcessForwarder.ConnectedPairAsync(lab.PathOf("m0"));
        using var connection = ours;
        ours.SendBufferSize = 4096; // takes part of the frame only
        using var peer = new ChardevPeer(theirs, vnetHdrSupport: true, allowance: 0);
        await using var forwarder = InProcessForwarder.Open(lab.Namespace, "lo", Header);
        var lost = forwarder.ServeAsync(connection);
        await InProcessForwarder.HasPeerAsync(forwarder);
        forwarder.Arm();

        var stop = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        lab.OpenSender("lo").Send(Frames.Numbered(0, LargestPayload - Header));
        await Eventually.ThatAsync(async () => (await forwarder.SnapshotAsync()).PartialBytes > 0, "the frame is half written");
        forwarder.Disarm(stop);
        Assert.That((await forwarder.SnapshotAsync()).Late, Is.Zero, "it is not sent yet");

        if (taken)
        {
            peer.Allow(long.MaxValue / 2);
            await peer.WaitForFramesAsync(1);
        }
        else
        {
            peer.Dispose();
            await lost;
        }

        var account = await forwarder.StopAsync();
        Assert.That((account.Forwarded, account.Late, account.IsBalanced), Is.EqualTo(taken ? (1, 1, true) : (0, 0, true)));
    }

    [Test]
    public async Task A_held_frame_that_one_peer_got_half_of_the_next_one_gets_whole()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.Namespace.ExecAsync("ip", "link", "set", "lo", "mtu", "200000");
        var (ours, theirs) = await InProcessForwarder.ConnectedPairAsync(lab.PathOf("m0"));
        ours.SendBufferSize = 4096; // takes part of the frame only
        var leaver = new ChardevPeer(theirs, vnetHdrSupport: true, allowance: 0);
        await using var forwarder = InProcessForwarder.Open(lab.Namespace, "lo", Header, holdWithoutPeer: true);
        var lost = forwarder.ServeAsync(ours);
        forwarder.Arm();
        var sender = lab.OpenSender("lo");
        sender.Send(Frames.Numbered(0, LargestPayload - Header));
        await Eventually.ThatAsync(async () => (await forwarder.SnapshotAsync()).PartialBytes > 0, "the frame is half written");
        leaver.Dispose();
        await lost;
        ours.Dispose();
        sender.SendNumbered(1, 3);

        var (next, end) = await InProcessForwarder.ConnectedPairAsync(lab.PathOf("m1"));
        using var peer = new ChardevPeer(end, vnetHdrSupport: true);
        _ = forwarder.ServeAsync(next);
        await peer.WaitForFramesAsync(4);
        var account = await forwarder.StopAsync();
        next.Dispose();
        await peer.WaitForEndAsync();

        Assert.That(peer.Frames.Select(frame => Frames.NumberOf(frame.Payload.AsSpan(Header))), Is.EqualTo((int[])[0, 1, 2, 3]));
        Assert.That((account.Forwarded, account.DroppedTotal, account.IsBalanced), Is.EqualTo((4, 0, true)));
        Assert.That(account.WrittenBytes - account.PartialBytes, Is.EqualTo(peer.BytesRead));
    }

    [Test]
    public async Task With_CAP_NET_RAW_alone_200_of_the_longest_frames_wait_unread_and_come_whole()
    {
        const int count = 200;
        await using var lab = await WireLab.CreateAsync();
        await lab.ForwardAsync(allowance: 0, wrapper: ["setpriv", "--bounding-set", "-all,+net_raw", "--inh-caps", "-all,+net_raw"]);

        // Nobody reads yet. The last byte tells which frame it is.
        var longest = WirePacket.SuperFrames().MaxBy(packet => packet.Frame.Length)!;
        for (var i = 0; i < count; i++)
        {
            longest.Frame[^1] = (byte)i;
            lab.Sender.Send(longest.Bytes);
        }

        await Eventually.ThatAsync(() => lab.Guest.Count == count, "the TAP's reader has every frame");
        lab.Peer.Allow(long.MaxValue / 2);
        await lab.Peer.WaitForFramesAsync(count);
        var report = await lab.StopAsync();

        ByteIdentity.Holds([.. lab.Peer.Frames.Select(frame => frame.Payload)], lab.Guest.Frames);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(report.KernelDropped, Is.Zero);
            Assert.That(report.Forwarded, Is.EqualTo(count));
            Assert.That(lab.Guest.Frames.Select(frame => frame.Length), Is.All.EqualTo(Header + longest.Frame.Length));
        }

        Accounting.Holds(report, count, lab.Peer);
    }
}
