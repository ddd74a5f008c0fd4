using QmpRedirector.Net;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.Wire;

/// <summary>
/// A guest can send a frame whose offload a packet socket cannot describe (UFO). The kernel drops it, and with it every frame that comes
/// to that ring later.
/// </summary>
[Parallelizable(ParallelScope.Self)]
internal sealed class StuckRingTests
{
    private const byte Ufo = 3;

    [TestCase(CaptureDirection.FromGuest)]
    [TestCase(CaptureDirection.All)]
    public async Task After_a_frame_that_cannot_be_described_the_guests_next_frames_are_captured_again(CaptureDirection direction)
    {
        await using var lab = await Lab.CreateAsync();
        using var tap = await Tap.OpenAsync(lab.Namespace, "tap0");
        var (ours, theirs) = await InProcessForwarder.ConnectedPairAsync(lab.PathOf("m0"));
        using var connection = ours;
        using var peer = new ChardevPeer(theirs, vnetHdrSupport: true);
        await using var forwarder = InProcessForwarder.Open(lab.Namespace, "tap0", vnetHeaderLength: 0, direction: direction);
        var lost = forwarder.ServeAsync(connection);
        await InProcessForwarder.HasPeerAsync(forwarder);
        forwarder.Arm();

        tap.Write(Frames.Numbered(0));
        await peer.WaitForFramesAsync(1);
        var transport = Frames.TransportOffset(ipv6: false);
        tap.Write(Frames.Numbered(1, 1000), Kit.VnetHeader.Unfinished(transport, Frames.ChecksumOffset(Frames.Udp), Ufo, gsoSize: 100, transport + 8));
        var number = 2;
        await Eventually.ThatAsync(
            () =>
            {
                Assert.That(forwarder.Completion.Exception, Is.Null, "the data thread goes on");
                tap.Write(Frames.Numbered(number++));
                return peer.LastNumber >= 2;
            },
            "frames come again");
        var account = await forwarder.StopAsync();
        connection.Dispose();
        await peer.WaitForEndAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await lost, Is.EqualTo(PeerLoss.Stopped));
            Assert.That(account.RingsRemade, Is.EqualTo(1));
            Assert.That(account.KernelDropped, Is.Positive, "the frame itself, and those until the ring was made again");
            Assert.That(account.IsBalanced && account.IsSettled && account.IdentitiesBroken == 0, Is.True, account.ToString());
            Assert.That(account.Forwarded, Is.EqualTo(peer.Count));
        }
    }
}
