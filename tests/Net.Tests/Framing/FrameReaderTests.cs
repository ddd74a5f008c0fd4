using CsCheck;

namespace QmpRedirector.Net.Tests;

internal sealed class FrameReaderTests
{
    private static readonly Gen<byte[]> _frames = Gen.Frequency((9, Gen.Byte.Array[1, 40]), (1, Gen.Byte.Array[1000, 5000]));

    // Whole frames; then nothing, or garbage, or the last few bytes are missing.
    private static readonly Gen<byte[]> _streams = Gen.Select(Gen.Bool, _frames.Array[0, 6], Gen.Byte.Array[0, 12], Gen.Int[0, 30])
        .Select((support, frames, garbage, cut) =>
        {
            byte[] stream = [.. frames.SelectMany(frame => Framed(frame, support)), .. garbage];
            return stream[..Math.Max(0, stream.Length - cut)];
        });

    [Test]
    public void Any_split_of_any_stream_gives_what_the_reference_gives() => Gen.Select(_streams, Gen.Bool, Gen.Int[1, 64].Array[1, 8])
        .Sample((stream, support, splits) => CompareWithReference(stream, support, splits), iter: 200_000);

    [Test]
    public void A_million_random_inputs_are_read_as_the_reference_reads_them()
    {
        // Zero bytes are frequent, else nearly every length would be too long to be looked at.
        var random = new Random(20260401);
        var stream = new byte[64];
        var splits = new int[3];
        for (var i = 0; i < 1_000_000; i++)
        {
            var bytes = stream.AsSpan(0, random.Next(stream.Length));
            random.NextBytes(bytes);
            for (var j = 0; j < bytes.Length; j++)
            {
                if (bytes[j] < 160)
                    bytes[j] = (byte)(bytes[j] % 12 == 0 ? bytes[j] / 12 : 0);
            }

            for (var j = 0; j < splits.Length; j++)
                splits[j] = random.Next(1, 20);
            if (!CompareWithReference(bytes.ToArray(), (i & 1) == 0, splits))
                Assert.Fail($"input {i} {Convert.ToHexString(bytes)} is read differently");
        }
    }

    [Test]
    public void Every_byte_boundary_is_a_good_place_to_split([Values] bool support)
    {
        byte[] stream = [.. Framed([1, 2, 3], support), .. Framed([4], support), .. Framed(TestFrames.Filled(20), support)];
        for (var first = 1; first < stream.Length; first++)
            Assert.That(CompareWithReference(stream, support, [first, stream.Length]), $"split at {first}");
        Assert.That(CompareWithReference(stream, support, [1]), "one byte at a time");
    }

    [Test]
    public void The_largest_frame_is_taken_whatever_lies_before_it([Values] bool support, [Values(1, 5000, 60000, 69632)] int before)
    {
        byte[][] frames = [TestFrames.Filled(before), TestFrames.Filled(69632), [7]];
        byte[] stream = [.. frames.SelectMany(frame => Framed(frame, support))];
        Assert.That(CompareWithReference(stream, support, [65536]), "in large reads");
        Assert.That(CompareWithReference(stream, support, [4096]), "in a QEMU chardev's reads");
    }

    [TestCase(0u, "length 0 at byte 9: an empty frame is never sent")]
    [TestCase(69633u, "length 69633 at byte 9 is over 69632")]
    [TestCase(uint.MaxValue, "length 4294967295 at byte 9 is over 69632")]
    public void A_length_no_frame_has_is_an_error_that_says_where(uint length, string message)
    {
        var reader = new FrameReader(vnetHdrSupport: false);
        Feed(reader, [.. Framed(TestFrames.Filled(5), support: false), .. TestFrames.U32(length)]);
        Assert.That(reader.TryRead(out _), Is.True);
        var error = Assert.Throws<FramingException>(() => reader.TryRead(out _));
        Assert.That(error.Message, Is.EqualTo(message));
        Assert.That((error.Offset, error.Length), Is.EqualTo((9L, length)));
        Assert.That(() => reader.TryRead(out _), Throws.TypeOf<FramingException>(), "there is no way back into step");
        Assert.That(reader.Position, Is.EqualTo(9));
    }

    [Test]
    public void A_bad_length_is_refused_before_the_rest_of_the_header_is_here()
    {
        var reader = new FrameReader(vnetHdrSupport: true);
        Feed(reader, [0x0c, 0, 0, 0]);
        Assert.That(() => reader.TryRead(out _), Throws.TypeOf<FramingException>());
    }

    [Test]
    public void The_announced_header_length_is_passed_on_unjudged()
    {
        var reader = new FrameReader(vnetHdrSupport: true);
        Feed(reader, [0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 42]);
        Assert.That(reader.TryRead(out var frame), Is.True);
        Assert.That((frame.AnnouncedVnetHdrLen, frame.Offset), Is.EqualTo((uint.MaxValue, 0L)));
        Assert.That(frame.Payload.ToArray(), Is.EqualTo(new byte[] { 42 }));
    }

    [TestCase(0, 0)]
    [TestCase(1, 7)]
    [TestCase(3, 5)]
    [TestCase(4, 4 + 30)]
    [TestCase(6, 2 + 30)]
    [TestCase(8, 30)]
    [TestCase(37, 1)]
    public void At_the_end_it_knows_how_much_of_a_frame_is_missing(int here, int missing)
    {
        var reader = new FrameReader(vnetHdrSupport: true);
        Feed(reader, [.. Framed([1], support: true), .. Framed(TestFrames.Filled(30), support: true)[..here]]);
        while (reader.TryRead(out _))
        {
        }

        Assert.That((reader.Position, reader.Pending, reader.Missing), Is.EqualTo((9L, here, missing)));
    }

    [Test]
    public void Reading_on_without_taking_frames_is_refused()
    {
        var reader = new FrameReader(vnetHdrSupport: false);
        reader.Advance(reader.GetMemory().Length);
        Assert.That(() => reader.GetMemory(), Throws.InvalidOperationException);
    }

    [Test]
    public void More_than_there_was_room_for_is_refused()
    {
        var reader = new FrameReader(vnetHdrSupport: false);
        var room = reader.GetMemory().Length;
        Assert.That(() => reader.Advance(room + 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => reader.Advance(-1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void A_frame_costs_no_allocation()
    {
        var reader = new FrameReader(vnetHdrSupport: true);
        var stream = Framed(TestFrames.Filled(1514), support: true);
        Run(reader, stream, 100);

        // The runtime may allocate on this thread now and then; the reader would in every round.
        var least = long.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var frames = Run(reader, stream, 10_000);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.That(frames, Is.EqualTo(10_000));
        }

        Assert.That(least, Is.Zero);

        static int Run(FrameReader reader, byte[] stream, int count)
        {
            var frames = 0;
            for (var i = 0; i < count; i++)
            {
                stream.CopyTo(reader.GetMemory());
                reader.Advance(stream.Length);
                while (reader.TryRead(out _))
                    frames++;
            }

            return frames;
        }
    }

    private static bool CompareWithReference(byte[] stream, bool support, int[] splits)
    {
        var (expected, badLengthAt, leftOver) = ReferenceDecoder.Decode(stream, support);
        // Little more room than the stream's own frames need, so that they are moved to the front often.
        var reader = new FrameReader(support, Math.Min(128 * 1024, stream.Length + 16));
        var frames = 0;
        try
        {
            for (int at = 0, i = 0; at < stream.Length; i++)
            {
                var room = reader.GetMemory();
                var count = Math.Min(Math.Min(splits[i % splits.Length], room.Length), stream.Length - at);
                stream.AsMemory(at, count).CopyTo(room);
                reader.Advance(count);
                at += count;
                for (; reader.TryRead(out var frame); frames++)
                {
                    if (frames == expected.Count
                        || !frame.Payload.Span.SequenceEqual(expected[frames].Payload)
                        || frame.AnnouncedVnetHdrLen != expected[frames].VnetHdrLen)
                        return false;
                }
            }

            return frames == expected.Count && badLengthAt is null && reader.Pending == leftOver && (reader.Missing > 0) == (leftOver > 0);
        }
        catch (FramingException e)
        {
            return frames == expected.Count && e.Offset == badLengthAt;
        }
    }

    private static byte[] Framed(byte[] frame, bool support)
    {
        var header = new byte[FramingHeader.Size(support)];
        FramingHeader.Write(header, frame.Length, Math.Min(12, frame.Length), support);
        return [.. header, .. frame];
    }

    private static void Feed(FrameReader reader, byte[] bytes)
    {
        bytes.CopyTo(reader.GetMemory());
        reader.Advance(bytes.Length);
    }
}
