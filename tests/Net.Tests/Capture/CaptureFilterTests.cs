using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net.Tests.Capture;

[TestFixture]
internal sealed class CaptureFilterTests
{
    // linux/if_packet.h: PACKET_HOST, BROADCAST, MULTICAST, OTHERHOST, OUTGOING, LOOPBACK, USER, KERNEL.
    private static readonly byte[] _packetTypes = [0, 1, 2, 3, 4, 5, 6, 7];

    [Test]
    public void Disarmed_drops_every_type() => Assert.That(Kept(CaptureFilter.DropAll), Is.Empty);

    [Test]
    public void Towards_the_guest_is_what_the_host_sends_and_nothing_else() =>
        Assert.That(Kept(CaptureFilter.Accept(CaptureDirection.TowardsGuest)), Is.EqualTo((byte[])[4]));

    [Test]
    public void From_the_guest_is_every_other_type() =>
        Assert.That(Kept(CaptureFilter.Accept(CaptureDirection.FromGuest)), Is.EqualTo((byte[])[0, 1, 2, 3, 5, 6, 7]));

    [Test]
    public void All_is_all() => Assert.That(Kept(CaptureFilter.Accept(CaptureDirection.All)), Is.EqualTo(_packetTypes));

    [Test]
    public void A_size_class_takes_its_lengths_of_its_direction_and_no_other()
    {
        foreach (var direction in Enum.GetValues<CaptureDirection>())
        {
            foreach (var (above, most) in (IEnumerable<(int?, int?)>)[(null, 192), (192, 1600), (1600, null)])
            {
                var program = CaptureFilter.Accept(direction, above, most);
                foreach (var length in (uint[])[14, 191, 192, 193, 1600, 1601, 65_550])
                {
                    var fits = !(length <= above) && !(length > most);
                    Assert.That(Kept(program, length), Is.EqualTo(fits ? Kept(CaptureFilter.Accept(direction)) : []), $"{direction} {length}");
                }
            }
        }
    }

    private static byte[] Kept(ReadOnlySpan<sock_filter> program, uint length = 60)
    {
        List<byte> kept = [];
        foreach (var type in _packetTypes)
        {
            var bytes = ClassicBpf.Run(program, type, length);
            // A frame is kept whole or not at all.
            Assert.That(bytes, Is.Zero.Or.EqualTo(uint.MaxValue));
            if (bytes > 0)
                kept.Add(type);
        }

        return [.. kept];
    }
}
