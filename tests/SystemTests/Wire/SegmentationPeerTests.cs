using QmpRedirector.Net.Tests;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.Wire;

/// <summary>
/// One captured frame is many in the stream: a peer that takes them slowly, in part or not at all leaves the account right, and never gets
/// a part of a segment.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
internal sealed class SegmentationPeerTests
{
    private const int Framing = 8;

    [Test]
    public async Task A_peer_that_reads_in_crumbs_gets_every_segment()
    {
        var supers = Supers(20).ToList();
        var segments = supers.SelectMany(super => super.Segments()).ToList();
        await using var lab = await StartAsync();
        Send(lab, supers);

        var bytes = segments.Sum(segment => (long)Framing + segment.Length);
        for (var granted = 0L; granted < bytes;)
        {
            var crumb = Math.Min(1 + (granted * 31 % 9000), bytes - granted);
            lab.Peer.Allow(crumb);
            granted += crumb;
            await lab.Peer.WaitForBytesAsync(granted);
        }

        lab.Peer.Allow(long.MaxValue / 2);
        var report = await lab.StopAsync();
        ByteIdentity.Holds([.. lab.Peer.Frames.Select(frame => frame.Payload)], segments);
        Assert.That((report.Forwarded, report.ExtraSegments), Is.EqualTo((supers.Count, segments.Count - supers.Count)));
        Accounting.Holds(report, supers.Count, lab.Peer);
    }

    [Test]
    public async Task Stopped_while_nobody_reads_it_has_sent_whole_segments_and_counts_the_rest_by_super_frames()
    {
        var supers = Supers(100).ToList();
        var segments = supers.SelectMany(super => super.Segments()).ToList();
        await using var lab = await StartAsync();
        Send(lab, supers);

        var reports = await lab.Sidecar.StopAsync();
        lab.Peer.Allow(long.MaxValue / 2);
        await lab.Peer.WaitForEndAsync();

        var report = reports["f0"];
        ByteIdentity.Holds([.. lab.Peer.Frames.Select(frame => frame.Payload)], segments[..lab.Peer.Count]);
        Assert.That(report.Dropped("shutdown"), Is.EqualTo(report.DroppedInAll).And.Positive);
        Accounting.Holds(report, supers.Count, lab.Peer);
    }

    [Test]
    public async Task A_peer_that_leaves_between_the_segments_of_a_super_frame_has_lost_it()
    {
        var supers = Supers(100).ToList();
        await using var lab = await StartAsync();
        Send(lab, supers);

        // Some way into the first super-frame, whose rest and successors fill the connection.
        lab.Peer.Allow(10_000);
        await lab.Peer.WaitForBytesAsync(10_000);
        lab.Peer.Dispose();
        await Eventually.ThatAsync(
            () => lab.Sidecar.Error.Contains("the peer of chardev m0 is gone", StringComparison.Ordinal), "the sidecar has noticed");
        var report = (await lab.Sidecar.StopAsync())["f0"];

        Accounting.Balances(report);
        Assert.That(report.KernelSeen, Is.EqualTo(supers.Count));
        Assert.That(report.Dropped("peer_disconnected"), Is.Positive);
        Assert.That(
            lab.Peer.Frames.Select(frame => frame.Payload), Is.EqualTo(supers[0].Segments().Take(lab.Peer.Count)), "whole segments");
    }

    private static async Task<WireLab> StartAsync()
    {
        var lab = await WireLab.CreateAsync(vnetHeaderLength: 0);
        await lab.ForwardAsync(allowance: 0);
        return lab;
    }

    private static void Send(WireLab lab, IEnumerable<SuperFrame> supers) =>
        lab.Send(supers.Select(super => WirePacket.Of(super, "super-frame")));

    private static IEnumerable<SuperFrame> Supers(int count) => Enumerable.Range(0, count).Select(number =>
    {
        var payload = new byte[60_000 - number];
        for (var i = 0; i < payload.Length; i++) payload[i] = (byte)((i * 7) + (i >> 8) + number);
        return new SuperFrame { Id = (ushort)number, Sequence = (uint)number, Payload = payload };
    });
}
