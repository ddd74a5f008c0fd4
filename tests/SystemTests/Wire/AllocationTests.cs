using Microsoft.Win32.SafeHandles;
using QmpRedirector.Net;
using QmpRedirector.SystemTests.Interop;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.Wire;

/// <summary>The data path in this process, with a peer and a generator that allocate nothing either.</summary>
[TestFixture]
[NonParallelizable]
internal sealed class AllocationTests
{
    private const int Burst = 500;
    private const int Header = 12;
    private const int Framing = 8;
    private const int Rounds = 3;

    [Test]
    public async Task A_hundred_thousand_frames_are_moved_without_allocating_for_any(
        [Values(Frames.ShortLength, Frames.FullLength)] int length, [Values] bool recording)
    {
        const int warmUp = 20_000;
        const int count = 100_000;
        const int all = warmUp + (Rounds * count);
        await using var lab = await Lab.CreateAsync();
        await lab.OpenTapAsync();
        var (ours, theirs) = await InProcessForwarder.ConnectedPairAsync(lab.PathOf("m0"));
        using var connection = ours;
        using var peer = theirs;
        using var recorded = recording ? new PcapngRecording(new PcapngSection(null, null, "test"), Assert.Fail) : null;
        var recorder = recorded?.Add("f0");
        recorder?.SetInterface(1, Lab.TapName);
        recorded?.Open(lab.PathOf("frames.pcapng"));
        await using var forwarder = InProcessForwarder.Open(lab.Namespace, Lab.TapName, Header, recorder);
        var lost = forwarder.ServeAsync(connection);
        await InProcessForwarder.HasPeerAsync(forwarder);
        forwarder.Arm();
        var sender = lab.OpenSender(vnetHeader: true);

        var (allocated, collections) = (new long[Rounds], 0);
        var mover = new Thread(() =>
        {
            using var reader = new SafeFileHandle((nint)(int)peer.Handle, ownsHandle: false);
            byte[] packet = [.. new byte[Kit.VnetHeader.Length], .. Frames.Numbered(0, length)];
            var buffer = new byte[1 << 20];
            Move(sender, reader, packet, buffer, warmUp);
            var collectionsBefore = GC.CollectionCount(0);
            for (var round = 0; round < Rounds; round++)
            {
                var before = GC.GetTotalAllocatedBytes(precise: true);
                Move(sender, reader, packet, buffer, count);
                allocated[round] = GC.GetTotalAllocatedBytes(precise: true) - before;
            }

            collections = GC.CollectionCount(0) - collectionsBefore;
        }) { IsBackground = true };
        mover.Start();
        Assert.That(mover.Join(Eventually.Deadline * 6), Is.True, "the frames are moved");
        var account = await forwarder.StopAsync();
        recorder?.Finish(account);
        recorded?.Close();
        await TestContext.Out.WriteLineAsync(
            $"{count} frames of {length} bytes{(recorder is null ? "" : $", {recorder.Recorded} of all {all} recorded")}: "
            + $"{string.Join(", ", allocated)} allocated by the process, {collections} collections");

        using (Assert.EnterMultipleScope())
        {
            // The runtime and NUnit allocate now and then, up to a buffer of 64 KiB; the data path would in every round. An object a frame:
            // 2.4 MB.
            Assert.That(allocated.Min(), Is.LessThan(16 * 1024));
            Assert.That(allocated, Is.All.LessThan(10 * count));
            Assert.That(collections, Is.Zero);
            Assert.That(await lost, Is.EqualTo(PeerLoss.Stopped));
            Assert.That(account.Forwarded, Is.EqualTo(all));
            Assert.That(account.WrittenBytes, Is.EqualTo((long)all * (Framing + Header + length)), "bytes read by the peer");
            Assert.That(account.KernelSeen, Is.EqualTo(sender.Sent));
            Assert.That(recorder is null ? all : recorder.Recorded + recorder.Lost, Is.EqualTo(all), "recorded or counted as lost");
        }

        Accounting.Balances(InProcessForwarder.Report(account));
    }

    /// <summary>Sends bursts and reads each off the connection, to its last byte, before the next.</summary>
    private static void Move(FrameSender sender, SafeFileHandle reader, byte[] packet, byte[] buffer, int count)
    {
        var burstBytes = Burst * (packet.Length - Kit.VnetHeader.Length + Header + Framing);
        for (var sent = 0; sent < count; sent += Burst)
        {
            for (var i = 0; i < Burst; i++) sender.Send(packet);
            for (var read = 0; read < burstBytes;)
            {
                var length = (int)LibC.Read(reader, buffer, buffer.Length);
                if (length <= 0) throw new IOException("the forwarder closed its connection");
                read += length;
            }
        }
    }
}
