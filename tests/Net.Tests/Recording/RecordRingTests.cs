using CsCheck;

namespace QmpRedirector.Net.Tests;

internal sealed class RecordRingTests
{
    private const int Capacity = 256 << 10;

    private static readonly FrameOrigin _origin = new(5, 7, 12, IsTowardsGuest: true);

    [Test]
    public void A_frame_comes_out_as_it_went_in()
    {
        var ring = new RecordRing(Capacity);
        Assert.That(ring.TryWrite(_origin, [1, 2, 3]), Is.True);
        Assert.That(ring.TryRead(out var origin, out var payload), Is.True);
        Assert.That(origin, Is.EqualTo(_origin));
        Assert.That(payload.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3 }));
        ring.Release();
        Assert.That(ring.TryRead(out _, out _), Is.False);
    }

    [Test]
    public void A_full_ring_refuses_until_something_is_released()
    {
        var ring = new RecordRing(Capacity);
        var written = 0;
        while (ring.TryWrite(_origin, new byte[1000]))
            written++;
        Assert.That(written, Is.EqualTo(Capacity / 1024));
        ring.TryRead(out _, out _);
        ring.Release();
        Assert.That(ring.TryWrite(_origin, new byte[1000]), Is.True);
        Assert.That(ring.TryWrite(_origin, new byte[1000]), Is.False);
    }

    [Test]
    public void What_is_read_stays_until_it_is_released()
    {
        var ring = new RecordRing(Capacity);
        while (ring.TryWrite(_origin, TestFrames.Filled(60_000, 7)))
        {
        }

        ring.TryRead(out _, out var payload);
        Assert.That(ring.TryWrite(_origin, TestFrames.Filled(60_000, 8)), Is.False);
        Assert.That(payload.ContainsAnyExcept((byte)7), Is.False);
    }

    [TestCase(100_000)]
    [TestCase(128 << 10)]
    public void A_capacity_it_cannot_work_with_is_refused(int capacity) =>
        Assert.That(() => new RecordRing(capacity), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void Any_frames_written_and_read_in_any_turns_come_out_in_order() =>
        Gen.Select(Gen.Int[0, FrameLimits.MaxLength], Gen.Bool).Array[1, 60].Sample(turns =>
        {
            var ring = new RecordRing(Capacity);
            var expected = new Queue<(long Number, int Length)>();
            var number = 0;
            foreach (var (length, reads) in turns)
            {
                if (ring.TryWrite(_origin with { TimestampNanoseconds = number }, TestFrames.Filled(length, (byte)number)))
                    expected.Enqueue((number, length));
                number++;
                if (reads && !ReadsNext())
                    return false;
            }

            while (expected.Count > 0)
            {
                if (!ReadsNext())
                    return false;
            }

            return ring.IsEmpty;

            bool ReadsNext()
            {
                if (!expected.TryDequeue(out var next))
                    return !ring.TryRead(out _, out _);
                var right = ring.TryRead(out var origin, out var payload) && origin.TimestampNanoseconds == next.Number
                    && payload.Length == next.Length && !payload.ContainsAnyExcept((byte)next.Number);
                ring.Release();
                return right;
            }
        });

    [Test]
    public async Task Two_threads_lose_and_reorder_nothing_that_was_accepted()
    {
        const int count = 200_000;
        var ring = new RecordRing(Capacity);
        var producer = Task.Run(() =>
        {
            var accepted = 0L;
            var payload = new byte[300];
            for (var number = 0; number < count; number++)
            {
                payload.AsSpan().Fill((byte)number);
                if (ring.TryWrite(_origin with { TimestampNanoseconds = number }, payload.AsSpan(0, number % 300)))
                    accepted++;
            }

            return accepted;
        });
        var (read, last, broken) = (0L, -1L, 0);
        while (!producer.IsCompleted || !ring.IsEmpty)
        {
            if (!ring.TryRead(out var origin, out var payload))
                continue;
            var number = origin.TimestampNanoseconds;
            if (number <= last || payload.Length != number % 300 || payload.ContainsAnyExcept((byte)number))
                broken++;
            (last, read) = (number, read + 1);
            ring.Release();
        }

        Assert.That(broken, Is.Zero);
        Assert.That(read, Is.EqualTo(await producer).And.Positive);
    }
}
