using System.Diagnostics;

namespace QmpRedirector.Net.Tests.Capture;

internal sealed class ModerationTests
{
    private static readonly long _millisecond = Stopwatch.Frequency / 1000;

    private const int Short = 64;
    private const int Super = 65_226;
    private const int BytesOfBlocks = 16 << 20;

    private readonly long[] _taken = new long[2];
    private long _bytes;
    private long _now;
    private Moderation _moderation = new([], 0, 0);

    [SetUp]
    public void Begin()
    {
        _moderation = new([9472, 240], BytesOfBlocks, 0);
        Array.Clear(_taken);
        (_bytes, _now) = (0, 0);
    }

    [TestCase(1, 0)]
    [TestCase(20, 0)]
    [TestCase(49, 0)]
    [TestCase(60, 200)]
    [TestCase(300, 600)]
    [TestCase(1000, 1000)]
    public void The_more_frames_a_millisecond_the_longer_they_gather_and_rare_ones_not_at_all(int perMillisecond, int microseconds) =>
        Assert.That(After(perMillisecond).TotalMicroseconds, Is.EqualTo(microseconds).Within(2));

    [Test]
    public void A_rate_between_the_limits_changes_nothing()
    {
        Assert.That(After(30), Is.EqualTo(TimeSpan.Zero), "still rare");
        After(60);
        Assert.That(After(30), Is.GreaterThan(TimeSpan.Zero), "still many");
        Assert.That(After(20), Is.EqualTo(TimeSpan.Zero));
        Assert.That(After(30), Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public void Within_a_window_nothing_changes()
    {
        After(100);
        _taken[0] += 10_000;
        Assert.That(_moderation.Rest(_taken, _bytes, _now + (_millisecond / 2)).TotalMicroseconds, Is.EqualTo(200).Within(1));
    }

    [Test]
    public void The_first_frames_after_a_pause_do_not_count_as_a_rate()
    {
        _now += 1000 * _millisecond;
        _taken[0] += 64;
        Assert.That(_moderation.Rest(_taken, _bytes, _now), Is.EqualTo(TimeSpan.Zero));
    }

    // 100 of 240 slots in a millisecond: a quarter of them is full after 600 us; with 16 slots after 40.
    [TestCase(240, 200)]
    [TestCase(16, 40)]
    public void No_ring_gets_fuller_than_a_quarter(int slots, int microseconds)
    {
        _moderation = new([9472, slots], BytesOfBlocks, 0);
        _taken[1] += 100;
        Assert.That(_moderation.Rest(_taken, _bytes, _millisecond), Is.EqualTo(TimeSpan.FromMicroseconds(microseconds)));
    }

    // 40 super-frames are 21 Gbit/s; a quarter of 4 MiB of blocks is full after 402 us, of 1 MiB after 100.
    [TestCase(6, 16 << 20, 0)]
    [TestCase(12, 16 << 20, 200)]
    [TestCase(40, 16 << 20, 341)]
    [TestCase(40, 4 << 20, 341)]
    [TestCase(40, 1 << 20, 100)]
    public void Super_frames_gather_by_their_bytes_and_blocks_get_no_fuller_than_a_quarter(int perMillisecond, int bytesOfBlocks, int microseconds)
    {
        _moderation = new([9472, 240], bytesOfBlocks, 0);
        Assert.That(After(perMillisecond, Super).TotalMicroseconds, Is.EqualTo(microseconds).Within(1));
    }

    private TimeSpan After(int frames, int length = Short)
    {
        _now += _millisecond;
        _taken[0] += frames;
        _bytes += frames * (long)length;
        return _moderation.Rest(_taken, _bytes, _now);
    }
}
