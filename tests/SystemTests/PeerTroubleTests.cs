using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests;

/// <summary>Peers that leave, stay away, come late, read slowly or not at all.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
internal sealed class PeerTroubleTests
{
    /// <summary>3 MB: many times what a socket holds, so that a write ends in the middle of a frame.</summary>
    private const int MoreThanASocketHolds = 2000;

    [Test]
    public async Task After_a_peer_that_left_in_the_middle_of_a_frame_the_next_one_starts_with_a_whole_frame()
    {
        const int midFrame = 4 + Frames.FullLength + 100;
        await using var capture = await Capture.StartAsync(allowance: midFrame);
        capture.Sender.SendNumbered(0, MoreThanASocketHolds, Frames.FullLength);
        await capture.Peer.WaitForBytesAsync(midFrame);
        capture.Peer.Dispose();

        var next = await capture.Lab.ConnectPeerAsync("m0");
        await Probe.UntilForwardedAsync(capture.Sender, next);
        capture.Sender.SendNumbered(MoreThanASocketHolds, 100);
        await Eventually.ThatAsync(() => next.LastNumber == MoreThanASocketHolds + 99, "the frames for the second peer arrive");
        var report = (await capture.Sidecar.StopAsync())["f0"];
        await next.WaitForEndAsync();

        // Reading a number checks every byte of the frame: a stream that began inside one would not get here.
        Assert.That(Probe.NumbersWithout(next), Is.Ordered.Ascending.And.Unique);
        Assert.That(Probe.NumbersWithout(next)[^100..], Is.EqualTo(Enumerable.Range(MoreThanASocketHolds, 100)));
        Assert.That(report.KernelSeen, Is.EqualTo(capture.Sender.Sent));
        Accounting.Balances(report);
    }

    [Test]
    public async Task Held_frames_wait_for_a_peer_and_come_in_order_and_what_finds_no_room_is_dropped_by_the_kernel()
    {
        const int count = 1000;
        const int held = 296;
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var sidecar = lab.Run(
            "--chardev", lab.ServerChardev("m0", "wait=off"),
            "--object", Capture.Redirector("f0", "m0", ",when_disconnected=hold,backlog=1M"));
        await sidecar.ReadyAsync();
        var sender = lab.OpenSender();

        // So many 1 MiB holds, short or full.
        sender.SendNumbered(0, count / 2);
        sender.SendNumbered(count / 2, count / 2, Frames.FullLength);
        var peer = await lab.ConnectPeerAsync("m0");
        await peer.WaitForFramesAsync(held);
        sender.SendNumbered(count, 100);
        await peer.WaitForFramesAsync(held + 100);
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Probe.NumbersWithout(peer), Is.EqualTo((int[])[.. Enumerable.Range(0, held), .. Enumerable.Range(count, 100)]));
            Assert.That(report.KernelDropped, Is.EqualTo(count - held));
            Assert.That(report.DroppedInAll, Is.Zero);
        }

        Accounting.Holds(report, count + 100, peer);
    }

    [Test]
    public async Task Held_frames_of_a_peer_that_left_go_to_the_next_one_beginning_with_a_whole_one()
    {
        const int midFrame = 4 + Frames.FullLength + 100;
        await using var capture = await Capture.StartAsync(",when_disconnected=hold", allowance: midFrame);
        capture.Sender.SendNumbered(0, MoreThanASocketHolds, Frames.FullLength);
        await capture.Peer.WaitForBytesAsync(midFrame);
        capture.Peer.Dispose();

        var next = await capture.Lab.ConnectPeerAsync("m0");
        await Eventually.ThatAsync(() => next.LastNumber == MoreThanASocketHolds - 1, "the frames that were held arrive");
        var report = (await capture.Sidecar.StopAsync())["f0"];
        await next.WaitForEndAsync();

        // What the first peer's socket had taken went with it: those numbers are missing, and no other.
        var numbers = Probe.NumbersWithout(next).ToList();
        Assert.That(numbers, Is.EqualTo(Enumerable.Range(numbers[0], MoreThanASocketHolds - numbers[0])));
        Assert.That((report.Forwarded, report.KernelDropped, report.DroppedInAll), Is.EqualTo((MoreThanASocketHolds, 0, 0)));
        Accounting.Balances(report);
    }

    [Test]
    public async Task Frames_for_an_absent_peer_are_dropped_and_counted_as_such()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var sidecar = lab.Run(
            "--chardev", lab.ServerChardev("m0", "wait=off"), "--object", Capture.Redirector("f0", "m0"),
            "--chardev", lab.ServerChardev("m1", "wait=on"), "--object", Capture.Redirector("f1", "m1"));
        var witness = await lab.ConnectPeerAsync("m1");
        await sidecar.ReadyAsync();
        var sender = lab.OpenSender();

        // One by one, so that f0 has had its turns: f1 saw each of these frames before the next was sent.
        for (var number = 0; number < 100; number++)
        {
            sender.SendNumbered(number, 1);
            await witness.WaitForFramesAsync(number + 1);
        }

        var peer = await lab.ConnectPeerAsync("m0");
        await Probe.UntilForwardedAsync(sender, peer);
        var reports = await sidecar.StopAsync();
        await peer.WaitForEndAsync();
        await witness.WaitForEndAsync();

        Assert.That(reports["f0"].Dropped("peer_disconnected"), Is.Positive.And.EqualTo(sender.Sent - peer.Count));
        Accounting.Holds(reports["f0"], sender.Sent, peer);
        Accounting.Holds(reports["f1"], sender.Sent, witness);
    }

    [Test]
    public async Task A_peer_that_only_stops_sending_still_gets_frames_and_its_leaving_is_noticed_without_one()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var sidecar = lab.Run("--chardev", lab.ServerChardev("m0", "wait=on"), "--object", Capture.Redirector("f0", "m0"));
        var first = await lab.ConnectPeerAsync("m0");
        await sidecar.ReadyAsync();
        var sender = lab.OpenSender();

        first.StopSending();
        await Probe.UntilForwardedAsync(sender, first);
        first.Dispose();
        await Eventually.ThatAsync(() => sidecar.Error.Contains("is gone"), "the sidecar notices that the peer has closed");
        var second = await lab.ConnectPeerAsync("m0");
        await Probe.UntilForwardedAsync(sender, second);
        var report = (await sidecar.StopAsync())["f0"];
        await second.WaitForEndAsync();

        Accounting.Holds(report, sender.Sent, first, second);
    }

    [Test]
    public async Task A_peer_that_reads_in_crumbs_gets_everything()
    {
        const int count = 5000;
        await using var capture = await Capture.StartAsync(allowance: 0);
        capture.Sender.SendNumbered(0, count);

        const long bytes = count * (4L + Frames.ShortLength);
        for (var granted = 0L; granted < bytes;)
        {
            var crumb = Math.Min(1 + (granted * 31 % 6000), bytes - granted);
            capture.Peer.Allow(crumb);
            granted += crumb;
            await capture.Peer.WaitForBytesAsync(granted);
        }

        capture.Peer.Allow(long.MaxValue / 2);
        var report = await capture.StopAsync();
        Assert.That(Probe.NumbersWithout(capture.Peer), Is.EqualTo(Enumerable.Range(0, count)));
        Accounting.Holds(report, count, capture.Peer);
    }

    [Test]
    public async Task What_does_not_fit_the_backlog_is_counted_as_dropped_by_the_kernel()
    {
        const int count = 5000;
        await using var capture = await Capture.StartAsync(",backlog=1M", allowance: 0);
        capture.Sender.SendNumbered(0, count, Frames.FullLength);

        var reports = await capture.Sidecar.StopAsync();
        capture.Peer.Allow(long.MaxValue / 2);
        await capture.Peer.WaitForEndAsync();

        Assert.That(reports["f0"].KernelDropped, Is.Positive);
        Accounting.Holds(reports["f0"], count, capture.Peer);
    }

    [Test]
    public async Task A_client_chardev_without_reconnect_and_without_a_peer_ends_the_start()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var sidecar = lab.Run("--chardev", $"socket,id=m0,path={lab.PathOf("m0")},server=off", "--object", Capture.Redirector("f0", "m0"));

        Assert.That(await sidecar.WaitForExitAsync(), Is.EqualTo(1));
        Assert.That(sidecar.Error, Does.Contain(lab.PathOf("m0")).And.Not.Contain("   at "));
    }

    [Test]
    public async Task A_client_chardev_with_reconnect_finds_a_peer_that_comes_late_and_one_that_comes_back()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var sidecar = lab.Run(
            "--chardev", $"socket,id=m0,path={lab.PathOf("m0")},server=off,reconnect=1", "--object", Capture.Redirector("f0", "m0"));
        await lab.WaitForMonitorClientAsync();
        using var listener = new ChardevListener(lab.PathOf("m0"));
        var sender = lab.OpenSender();

        var first = lab.Own(await listener.AcceptAsync());
        await sidecar.ReadyAsync();
        await Probe.UntilForwardedAsync(sender, first);
        first.Dispose();
        var second = lab.Own(await listener.AcceptAsync());
        await Probe.UntilForwardedAsync(sender, second);
        var report = (await sidecar.StopAsync())["f0"];
        await second.WaitForEndAsync();

        Assert.That(report.KernelSeen, Is.LessThanOrEqualTo(sender.Sent));
        Assert.That(report.Forwarded, Is.GreaterThanOrEqualTo(first.Count + second.Count));
        Accounting.Balances(report);
    }

    [Test]
    public async Task With_wait_on_it_is_not_ready_before_a_peer_connects()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var sidecar = lab.Run("--chardev", lab.ServerChardev("m0", "wait=on"), "--object", Capture.Redirector("f0", "m0"));

        // It has got as far as it can: the monitor has its client, the socket is there.
        await lab.WaitForMonitorClientAsync();
        await Eventually.ThatAsync(() => File.Exists(lab.PathOf("m0")), "the chardev listens");
        Assert.That(sidecar.IsReady, Is.False);

        var peer = await lab.ConnectPeerAsync("m0");
        await sidecar.ReadyAsync();
        lab.OpenSender().SendNumbered(0, 1);
        await peer.WaitForFramesAsync(1);
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();
        Accounting.Holds(report, sent: 1, peer);
    }
}
