using System.Buffers.Binary;
using CsCheck;

namespace QmpRedirector.Net.Tests;

internal sealed class GsoSegmentsTests
{
    private const byte Guard = 0xa5;

    private static readonly SuperFrame _tcp = new() { Payload = Pattern(4000), Mss = 1000 };
    private static readonly SuperFrame _udp = _tcp with { Tcp = false };

    [Test]
    public void Any_super_frame_becomes_what_the_slow_reference_makes_of_it() =>
        SuperFrames.Any.Sample(super => Same(Cut(super), super.Segments()), iter: 5_000);

    [Test]
    public void The_payloads_put_together_are_the_super_frames_and_every_checksum_is_right() => SuperFrames.Any.Sample(
        super =>
        {
            var segments = Cut(super);
            return segments.SelectMany(segment => segment[super.Headers..]).SequenceEqual(super.Payload)
                && segments.All(super.ChecksumsAreRight);
        },
        iter: 2_000);

    [Test]
    public void A_segment_is_its_headers_and_the_payload_where_it_lies() => SuperFrames.Any.Sample(super =>
    {
        var frame = super.Frame;
        Assert.That(GsoSegments.TryPlan(frame, super.Header, out var plan), Is.True);
        for (var i = plan.Count - 1; i >= 0; i--)
        {
            var headers = new byte[GsoSegments.MaxHeaders];
            var length = plan.WriteHeaders(i, frame, headers);
            if (!Write(plan, i, frame).SequenceEqual([.. headers[..length], .. frame[plan.Payload(i)]])) return false;
        }

        return frame.SequenceEqual(super.Frame);
    });

    [Test]
    public void Garbage_neither_throws_nor_is_written_outside() =>
        Gen.Select(SuperFrames.Any.Where(super => super.Payload.Length < 3000), Damage()).Sample(
            (super, damage) =>
            {
                var (frame, header) = damage(super.Frame, super.Header);
                if (GsoSegments.TryPlan(frame, header, out var plan)) WriteAll(plan, frame);
            },
            iter: 100_000);

    [Test]
    public void Bytes_by_chance_neither_throw_nor_are_written_outside() => Gen.Select(
        Gen.Byte.Array[0, 200], Gen.OneOf<byte>(0, 1, 3, 4, 5, 0x81, 0x84, 0x85, 0x21, 0x41), Gen.UShort[0, 100], Gen.UShort[0, 60]).Sample(
            (frame, type, size, start) =>
            {
                // So that most get as far as the IP header.
                if (frame.Length > 24)
                {
                    var ip6 = (frame[0] & 1) != 0;
                    BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), (ushort)(ip6 ? 0x86dd : 0x0800));
                    frame[14] = (byte)((ip6 ? 0x60 : 0x40) | (frame[14] & 0xf));
                    frame[ip6 ? 20 : 23] = (byte)((frame[0] & 2) != 0 ? 6 : 17);
                }

                if (GsoSegments.TryPlan(frame, new VnetHeader((byte)(frame.Length & 1), type, 0, size, start, 16), out var plan))
                    WriteAll(plan, frame);
            },
            iter: 200_000);

    [Test]
    public void What_fits_one_segment_is_finished_as_the_frame_itself_is() => SuperFrames.Any.Sample(super =>
    {
        var whole = super with { Mss = Math.Max(1, super.Payload.Length) };
        var finished = whole.Frame;
        Assert.That(Checksum.TryFinish(finished, whole.Header), Is.True);
        return Cut(whole).Single().SequenceEqual(finished);
    });

    [Test]
    public void Identifications_and_sequence_numbers_wrap_around()
    {
        var super = _tcp with { Id = 0xfffe, Sequence = uint.MaxValue - 1500 };
        var segments = Cut(super);
        Assert.That(
            segments.Select(segment => BinaryPrimitives.ReadUInt16BigEndian(segment.AsSpan(18))),
            Is.EqualTo([0xfffe, 0xffff, 0, 1]));
        Assert.That(
            segments.Select(segment => BinaryPrimitives.ReadUInt32BigEndian(segment.AsSpan(38))),
            Is.EqualTo([uint.MaxValue - 1500, uint.MaxValue - 500, 499u, 1499u]));
        Assert.That(segments.Select(super.ChecksumsAreRight), Is.All.True);
    }

    [Test]
    public void CWR_is_in_the_first_segment_FIN_and_PSH_are_in_the_last_and_the_others_in_all() => Assert.That(
        Cut(_tcp with { Flags = 0xff, Mss = 1500 }).Select(segment => segment[_tcp.Transport + 13]),
        Is.EqualTo([0xf6, 0x76, 0x7f]));

    [Test]
    public void A_datagram_whose_checksum_comes_to_zero_says_so_in_ones([Values] bool ip6)
    {
        var super = _udp with { Ip6 = ip6, Payload = new byte[16], Mss = 8 };

        MakeTheSecondSumUp(super);
        Assert.That(Cut(super)[1].AsSpan(super.ChecksumAt, 2).ToArray(), Is.EqualTo([0xff, 0xff]));
    }

    [Test]
    public void A_TCP_segment_whose_checksum_comes_to_zero_says_zero()
    {
        var super = _tcp with { Payload = new byte[16], Mss = 8 };
        MakeTheSecondSumUp(super);
        Assert.That(Cut(super)[1].AsSpan(super.ChecksumAt, 2).ToArray(), Is.EqualTo([0, 0]));
    }

    [Test]
    public void The_hint_of_the_headers_length_is_not_looked_at()
    {
        foreach (var hint in (ushort[])[0, 1, 54, 200, ushort.MaxValue])
        {
            Assert.That(GsoSegments.TryPlan(_tcp.Frame, _tcp.Header with { HdrLen = hint }, out var plan), Is.True);
            Assert.That(plan.Count, Is.EqualTo(4));
        }
    }

    [Test]
    public void Jumbo_segments_are_as_long_as_their_size_says()
    {
        var super = _tcp with { Payload = Pattern(65_000), Mss = 32_500 };
        Assert.That(Cut(super).Select(segment => segment.Length), Is.EqualTo([32_554, 32_554]));
    }

    [Test]
    public void There_is_no_segment_after_the_last_nor_one_for_a_short_destination()
    {
        var frame = _tcp.Frame;
        Assert.That(GsoSegments.TryPlan(frame, _tcp.Header, out var plan), Is.True);
        Assert.That(() => plan.Write(4, frame, new byte[2000]), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => plan.Write(-1, frame, new byte[2000]), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => plan.Write(0, frame, new byte[1053]), Throws.InstanceOf<ArgumentException>());
    }

    [Test]
    public void Nothing_is_allocated()
    {
        var super = _tcp with { Payload = Pattern(60_000) };
        var frame = super.Frame;
        var destination = new byte[2000];
        var header = super.Header;
        long least = long.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
            {
                GsoSegments.TryPlan(frame, header, out var plan);
                for (var segment = 0; segment < plan.Count; segment++) plan.Write(segment, frame, destination);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.That(least, Is.Zero);
    }

    /// <summary>The second of two segments of eight bytes gets what is missing to a sum of ones.</summary>
    private static void MakeTheSecondSumUp(SuperFrame super) =>
        super.Segments().Last().AsSpan(super.ChecksumAt, 2).CopyTo(super.Payload.AsSpan(8));

    private static List<byte[]> Cut(SuperFrame super)
    {
        var frame = super.Frame;
        Assert.That(GsoSegments.TryPlan(frame, super.Header, out var plan), Is.True);
        return [.. Enumerable.Range(0, plan.Count).Select(i => Write(plan, i, frame))];
    }

    private static bool Same(List<byte[]> segments, IEnumerable<byte[]> expected)
    {
        var others = expected.ToList();
        return segments.Count == others.Count && segments.Zip(others, (one, other) => one.AsSpan().SequenceEqual(other)).All(same => same);
    }

    /// <summary>Into room with guards around it.</summary>
    private static byte[] Write(GsoSegments plan, int index, byte[] frame)
    {
        var length = plan.Length(index);
        var room = TestFrames.Filled(length + 16, Guard);
        var written = plan.Write(index, frame, room.AsSpan(8, length));
        if (written != length || room[..8].Concat(room[^8..]).Any(value => value != Guard))
            Assert.Fail($"Segment {index} is {written} bytes long instead of {length}, or was written outside.");
        return room[8..^8];
    }

    private static void WriteAll(GsoSegments plan, byte[] frame)
    {
        var payload = 0;
        for (var i = 0; i < plan.Count; i++) payload += Write(plan, i, frame).Length - plan.Payload(0).Start.Value;
        if (payload != frame.Length - plan.Payload(0).Start.Value) Assert.Fail($"{payload} bytes of payload came of {frame.Length} bytes.");
    }

    /// <summary>A few bytes overwritten, most of them in the headers; a part cut off; a header of another frame's.</summary>
    private static Gen<Func<byte[], VnetHeader, (byte[], VnetHeader)>> Damage() => Gen.Select(
        Gen.Select(Gen.Int[0, 120], Gen.Byte).Array[0, 6], Gen.Frequency((3, Gen.Const(0)), (1, Gen.Int[0, 3000])), Gen.UShort[0, 2000],
        Gen.OneOf<byte>(1, 4, 5, 0x81, 0x84, 0x20, 3, 0), Gen.Int[0, 9]).Select(
            Func<byte[], VnetHeader, (byte[], VnetHeader)> (bytes, cut, number, type, field) => (frame, header) =>
            {
                foreach (var (at, value) in bytes)
                {
                    if (at < frame.Length) frame[at] = value;
                }

                frame = frame[..Math.Max(0, frame.Length - cut)];
                return (frame, field switch
                {
                    0 => header with { GsoSize = number },
                    1 => header with { CsumStart = number },
                    2 => header with { CsumOffset = number },
                    3 => header with { GsoType = type },
                    4 => header with { Flags = 0 },
                    _ => header,
                });
            });

    private static byte[] Pattern(int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++) bytes[i] = (byte)((i * 13) + (i >> 8));
        return bytes;
    }
}
