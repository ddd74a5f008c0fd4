using System.Buffers.Binary;
using CsCheck;

namespace QmpRedirector.Net.Tests;

internal sealed class ChecksumTests
{
    private const int UdpStart = 34;

    [Test]
    public void The_example_of_the_rfc_is_right() =>
        Assert.That(Checksum.Sum([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]), Is.EqualTo(0xddf2));

    [Test]
    public void Any_bytes_sum_up_as_they_do_word_for_word() =>
        Gen.Byte.Array[0, 200].Sample(data => (ushort)~Checksum.Sum(data) == TestFrames.InternetChecksum(data), iter: 100_000);

    [Test]
    public void Long_ones_too_wherever_they_start() => Gen.Select(Gen.Byte.Array[0, 5000], Gen.Int[0, 64]).Sample((data, start) =>
    {
        var part = data.AsSpan(Math.Min(start, data.Length));
        return (ushort)~Checksum.Sum(part) == TestFrames.InternetChecksum(part);
    });

    [Test]
    public void All_ones_sum_up_to_ones_in_any_length_there_is()
    {
        var ones = TestFrames.Filled(FrameLimits.MaxLength, 0xff);
        for (var length = 2; length <= ones.Length; length += 2)
        {
            if (Checksum.Sum(ones.AsSpan(0, length)) != 0xffff) Assert.Fail($"not of {length} bytes");
        }
    }

    [Test]
    public void Two_sums_are_the_sum_of_both() => Gen.Select(Gen.Byte.Array[0, 50], Gen.Byte.Array[0, 51]).Sample((first, second) =>
    {
        var even = first[..(first.Length & ~1)];
        return Checksum.Add(Checksum.Sum(even), Checksum.Sum(second)) == Checksum.Sum([.. even, .. second]);
    });

    [Test]
    public void An_unfinished_datagram_is_finished() => Gen.Select(Gen.Byte.Array[0, 60], Gen.Bool).Sample((payload, ip6) =>
    {
        var whole = Frame(TestFrames.Udp(payload, ip6), ip6);
        var unfinished = Frame(TestFrames.Udp(payload, ip6, checksum: TestFrames.PseudoHeaderSum(17, 8 + payload.Length, ip6)), ip6);
        var header = new VnetHeader(VnetHeader.NeedsChecksumFlag, VnetHeader.GsoNone, 0, 0, (ushort)(ip6 ? 54 : UdpStart), 6);
        return Checksum.TryFinish(unfinished, header) && unfinished.SequenceEqual(whole);

        static byte[] Frame(byte[] datagram, bool ip6) => ip6 ? TestFrames.Ip6(17, datagram) : TestFrames.Ip4(17, datagram);
    });

    [TestCase(6, 16)]
    [TestCase(17, 6)]
    public void A_checksum_of_zero_is_written_as_all_ones(byte protocol, int offset)
    {
        // The last two payload bytes are chosen so that everything sums up to ffff.
        var payload = new byte[8];
        var segment = protocol == 6 ? TestFrames.Tcp(0x10, payload) : TestFrames.Udp(payload);
        var sum = TestFrames.PseudoHeaderSum(protocol, segment.Length);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(offset), sum);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(segment.Length - 2), TestFrames.InternetChecksum(segment));
        var frame = TestFrames.Ip4(protocol, segment);
        Assert.That(Checksum.TryFinish(frame, Unfinished(UdpStart, offset)), Is.True);
        Assert.That(BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(UdpStart + offset)), Is.EqualTo(0xffff));
    }

    [Test]
    public void Padding_is_summed_as_the_kernel_does()
    {
        byte[] frame = [.. TestFrames.Ip4(17, TestFrames.Udp([1], checksum: TestFrames.PseudoHeaderSum(17, 9))), 0, 0xaa, 0xbb];
        var expected = TestFrames.InternetChecksum(frame.AsSpan(UdpStart));
        Assert.That(Checksum.TryFinish(frame, Unfinished(UdpStart, 6)), Is.True);
        Assert.That(BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(UdpStart + 6)), Is.EqualTo(expected));
    }

    [TestCase(34, 40)]
    [TestCase(34, 41)]
    [TestCase(34, 65535)]
    [TestCase(65535, 65535)]
    [TestCase(74, 1)]
    [TestCase(76, 0)]
    public void A_header_that_points_outside_the_frame_changes_nothing(int start, int offset)
    {
        var frame = TestFrames.Ip4(17, TestFrames.Udp(TestFrames.Filled(33)));
        Assert.That(frame, Has.Length.EqualTo(75));
        var before = frame.ToArray();
        Assert.That(Checksum.TryFinish(frame, Unfinished(start, offset)), Is.False);
        Assert.That(frame, Is.EqualTo(before));
    }

    [Test]
    public void The_last_two_bytes_may_be_the_field()
    {
        var frame = new byte[60];
        Assert.That(Checksum.TryFinish(frame, Unfinished(50, 8)), Is.True);
        Assert.That(frame[^2..], Is.EqualTo(new byte[] { 0xff, 0xff }));
    }

    [Test]
    public void A_finished_frame_is_left_alone()
    {
        var frame = TestFrames.Ip4(17, TestFrames.Udp([1, 2, 3]));
        var before = frame.ToArray();
        Assert.That(Checksum.TryFinish(frame, new VnetHeader(VnetHeader.DataValidFlag, 0, 0, 0, UdpStart, 6)), Is.True);
        Assert.That(frame, Is.EqualTo(before));
    }

    [Test]
    public void No_header_makes_it_throw() => Gen.Select(Gen.Byte.Array[0, 80], Gen.UShort[0, 90], Gen.UShort[0, 90])
        .Sample(
            (frame, start, offset) => Checksum.TryFinish(frame, Unfinished(start, offset)) == (start + offset + 2 <= frame.Length),
            iter: 50_000);

    private static VnetHeader Unfinished(int start, int offset) =>
        new(VnetHeader.NeedsChecksumFlag, VnetHeader.GsoNone, 0, 0, (ushort)start, (ushort)offset);
}
