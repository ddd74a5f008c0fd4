using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net.Tests.Capture;

internal sealed class BacklogCapacityTests
{
    private static readonly long[] _backlogs = [4096, 65_536, 100_000, 1 << 20, 32 << 20, (32 << 20) + 1, 1 << 30];

    [Test]
    public void The_default_backlog_is_used_whole() =>
        Assert.That(FrameClass.ForSockets(2).Sum(size => size.RingFor(32 << 20).Bytes), Is.EqualTo(32 << 20));

    [Test]
    public void However_many_sockets_there_are_the_last_takes_what_the_others_do_not([Values(1, 2)] int sockets)
    {
        var classes = FrameClass.ForSockets(sockets);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(classes, Has.Count.EqualTo(sockets));
            Assert.That(classes.Select(size => size.LongestFrame), Is.Ordered.Ascending);
            Assert.That(classes[^1].LongestFrame, Is.GreaterThanOrEqualTo(FrameLimits.MaxLength));
            Assert.That(classes.Sum(size => size.Eighths), Is.EqualTo(8));
        }
    }

    // net/packet/af_packet.c (packet_set_ring): whole pages, aligned slots, one at least in a block.
    [TestCaseSource(nameof(_backlogs))]
    public void The_kernel_accepts_the_rings_of_any_backlog(long backlog)
    {
        foreach (var size in FrameClass.ForSockets(2))
        {
            var ring = size.RingFor(backlog);
            using (Assert.EnterMultipleScope())
            {
                Assert.That(ring.BlockSize % 4096, Is.Zero);
                Assert.That(ring.SlotSize % Constants.TPACKET_ALIGNMENT, Is.Zero);
                Assert.That(ring.SlotsPerBlock, Is.Positive);
                Assert.That(ring.Blocks, Is.Positive);
                Assert.That(ring.Bytes, Is.LessThanOrEqualTo(Math.Max(backlog / 8 * size.Eighths, 2 * size.BlockSize)));
                Assert.That(ring.SlotSize / 64 % 2, Is.EqualTo(1), "an odd number of cache lines");
            }
        }
    }
}
