using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using QmpRedirector.Net;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.Wire;

/// <summary>
/// The change between rings of slots and of blocks, at every opportunity and under the load of two senders on two processors. For a longer
/// run: <c>QMP_REDIRECTOR_HAND_OVERS=10000</c>.
/// </summary>
[TestFixture]
[NonParallelizable]
internal sealed class HandOverTests
{
    private const int Senders = 2;

    // So many frames each sender may be ahead of the peer: no ring overflows, not even with the longest, and any loss is a defect.
    private const int Ahead = 400;
    private const int Credit = 50;

    // Longer than blocks are kept while nothing is taken (RingChoice), at every stage of a change.
    private const int PauseEvery = 3001;

    private const int VnetHeader = 12;
    private const int NumberAt = 14;

    // Blocks are used until the slots' sockets are parked, or nearly.
    private const int UntilParked = 25;
    private static readonly TimeSpan _settled = TimeSpan.FromMilliseconds(10);

    private static readonly int[] _lengths = [64, 64, 1514, 64, 9000, 64, 1601, 1600];

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(40);

    private static readonly int _handOvers = int.Parse(
        Environment.GetEnvironmentVariable("QMP_REDIRECTOR_HAND_OVERS") ?? "300", CultureInfo.InvariantCulture);

    [Test]
    public async Task No_frame_is_lost_doubled_or_reordered_while_rings_change_all_the_time(
        [Values] bool peerPauses, [Values(0, UntilParked)] int millisecondsOfBlocks)
    {
        await using var lab = await Lab.CreateAsync();
        await lab.OpenTapAsync();
        await lab.Namespace.ExecAsync("ip", "link", "set", Lab.TapName, "mtu", "65521");
        var (ours, theirs) = await InProcessForwarder.ConnectedPairAsync(lab.PathOf("m0"));
        using var connection = ours;
        using var peer = theirs;
        await using var forwarder = InProcessForwarder.Open(
            lab.Namespace, Lab.TapName, VnetHeader,
            ringChoice: new RingChoice(0) { Restless = TimeSpan.FromMilliseconds(millisecondsOfBlocks), Settled = _settled });
        var lost = forwarder.ServeAsync(connection);
        await InProcessForwarder.HasPeerAsync(forwarder);
        forwarder.Arm();
        var credits = Enumerable.Range(0, Senders).Select(static _ => new SemaphoreSlim(Ahead / Credit)).ToArray();
        using var stop = new CancellationTokenSource();

        var reading = Task.Factory.StartNew(() => Read(peer, credits, peerPauses ? _pause : TimeSpan.Zero), TaskCreationOptions.LongRunning);
        var sending = credits.Select((credit, id) => Task.Factory.StartNew(
            () => Send(lab.OpenSender(), id, credit, stop.Token), TaskCreationOptions.LongRunning)).ToArray();
        await Eventually.ThatAsync(
            async () => reading.IsCompleted || (await forwarder.SnapshotAsync()).HandOvers >= _handOvers, $"{_handOvers} hand-overs",
            TimeSpan.FromSeconds(30 + (_handOvers / 5)));
        await stop.CancelAsync();
        var sent = await Task.WhenAll(sending).WaitAsync(Eventually.Deadline);
        var account = await forwarder.StopAsync();
        connection.Close();
        var received = await reading.WaitAsync(Eventually.Deadline);
        await TestContext.Out.WriteLineAsync($"{account.HandOvers} hand-overs, {sent.Sum()} frames");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await lost, Is.EqualTo(PeerLoss.Stopped));
            Assert.That(received, Is.EqualTo(sent), "frames of each sender, each the one after the last");
            Assert.That(account.KernelSeen, Is.EqualTo(sent.Sum()), "copies do not count");
            Assert.That(account.KernelDropped, Is.Zero);
            Assert.That(account.Forwarded, Is.EqualTo(sent.Sum()));
        }

        Accounting.Balances(InProcessForwarder.Report(account));
    }

    [Test]
    public async Task Blocks_are_used_while_frames_are_many_given_up_after_a_lull_and_made_again()
    {
        const int burst = 100_000;
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var sidecar = lab.Run(
            "--chardev", lab.ServerChardev("m0", "wait=on"), "--object", Capture.Redirector("f0", "m0", ",backlog=64M"));
        var peer = await lab.ConnectPeerAsync("m0");
        await sidecar.ReadyAsync();
        var ringsOfSlots = PacketSockets.Rings(sidecar.Id);
        var sender = lab.OpenSender();

        await SendAsync(0);
        await Eventually.ThatAsync(
            () => Task.FromResult(PacketSockets.Rings(sidecar.Id) == ringsOfSlots), "the ring of blocks is given up", TimeSpan.FromSeconds(30));
        await Eventually.ThatAsync(() => PacketSockets.Parked(lab) == 1, "the socket of the blocks is bound to nothing that comes");
        await SendAsync(burst);
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Probe.NumbersWithout(peer), Is.EqualTo(Enumerable.Range(0, 2 * burst)));
            Assert.That(report.HandOvers, Is.AtLeast(3), "to blocks and back, and to blocks again");
        }

        Accounting.Holds(report, 2 * burst, peer);

        // Never more than the slots hold.
        async Task SendAsync(int first)
        {
            for (var next = first; next < first + burst; next += 2000)
            {
                sender.SendNumbered(next, 2000);
                await peer.WaitForFramesAsync(next + 2000);
            }
        }
    }

    /// <summary>A ring of blocks must not go while frames of it are in hand, however long the peer takes none of them.</summary>
    [Test]
    public async Task Frames_of_blocks_that_a_peer_takes_late_are_still_there([Values(12, 0)] int vnetHeader)
    {
        await using var lab = await Lab.CreateAsync();
        await using var stalled = await StalledInBlocks.CreateAsync(lab, vnetHeader, TimeSpan.FromMilliseconds(20), StalledInBlocks.OneBatch);

        // Ten times as long as the ring is kept, and every step of giving it up takes.
        await Eventually.ThatAsync(() => stalled.Stalled >= TimeSpan.FromMilliseconds(500), "it would have been given up");
        var received = await stalled.ReadAllAsync();
        var account = await stalled.Forwarder.StopAsync();

        Assert.That(received, Is.EqualTo(stalled.Sent));
        Assert.That(account.Forwarded, Is.EqualTo(stalled.Sent), "to the same peer");
        Accounting.Balances(InProcessForwarder.Report(account));
    }

    [Test]
    public async Task An_end_while_a_peer_has_stalled_leaves_no_frame_without_a_reason()
    {
        await using var lab = await Lab.CreateAsync();
        await using var stalled = await StalledInBlocks.CreateAsync(lab, 12, TimeSpan.FromSeconds(10), StalledInBlocks.ManyBatches);
        await Eventually.ThatAsync(() => stalled.Stalled >= TimeSpan.FromMilliseconds(200), "slots take frames again");
        stalled.Send(2000);

        var account = await stalled.Forwarder.StopAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(account.KernelSeen, Is.EqualTo(stalled.Sent));
            Assert.That(account.InKernel + account.InHand, Is.Zero);
            Assert.That(account.Dropped[(int)DropReason.Shutdown], Is.GreaterThan(2000), "those in the slots too");
        }

        Accounting.Balances(InProcessForwarder.Report(account));
    }

    [Test]
    public async Task While_rings_change_no_count_goes_back()
    {
        await using var lab = await Lab.CreateAsync();
        await using var stalled = await StalledInBlocks.CreateAsync(lab, 12, TimeSpan.FromSeconds(10), StalledInBlocks.ManyBatches);
        List<long> seen = [];
        while (stalled.Stalled < TimeSpan.FromMilliseconds(300))
        {
            stalled.Send(5);
            seen.Add((await stalled.Forwarder.SnapshotAsync()).KernelSeen);
        }

        await stalled.ReadAllAsync();
        seen.Add((await stalled.Forwarder.StopAsync()).KernelSeen);

        Assert.That(seen, Is.Ordered.Ascending);
        Assert.That(seen[^1], Is.EqualTo(stalled.Sent));
    }

    private static long Send(FrameSender sender, int id, SemaphoreSlim credit, CancellationToken stop)
    {
        var frame = new byte[_lengths.Max()];
        frame[NumberAt - 2] = 0x88;
        frame[NumberAt - 1] = 0xb5;
        var number = 0;
        while (!stop.IsCancellationRequested && credit.Wait(Eventually.Deadline, CancellationToken.None))
        {
            for (var i = 0; i < Credit; i++, number++)
            {
                BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(NumberAt), (number * Senders) + id);
                sender.Send(frame.AsSpan(0, LengthOf(number)));
            }
        }

        return number;
    }

    private static int LengthOf(long number) => _lengths[number % _lengths.Length];

    /// <summary>Reads to the end; every frame must be its sender's next.</summary>
    private static long[] Read(Socket peer, SemaphoreSlim[] credits, TimeSpan pause)
    {
        using var never = new ManualResetEventSlim();
        var received = new long[Senders];
        var parser = new FrameStreamParser(vnetHdrSupport: true);
        var buffer = new byte[1 << 20];
        while (peer.Receive(buffer) is var length and > 0)
        {
            parser.Feed(buffer.AsSpan(0, length), frame =>
            {
                var number = BinaryPrimitives.ReadInt32BigEndian(frame.Payload.AsSpan(VnetHeader + NumberAt));
                var id = number % Senders;
                if (number / Senders != received[id] || frame.Payload.Length != VnetHeader + LengthOf(received[id]))
                    Assert.Fail($"sender {id}: frame {number / Senders} of {frame.Payload.Length} came where {received[id]} was next");
                if (++received[id] % Credit == 0)
                    credits[id].Release();
                if (pause > TimeSpan.Zero && received.Sum() % PauseEvery == 0)
                    never.Wait(pause);
            });
        }

        return received;
    }
}
