using System.Diagnostics;

namespace QmpRedirector.Net.Tests.Capture;

internal sealed class ModerationTests
{
    private static readonly long _millisecond = Stopwatch.Frequency / 1000;

    private readonly long[] _taken = new long[2];
    private long _now;
    private Moderation _moderation = new([], 0);

    [SetUp]
    public void Begin()
    {
        _moderation = new([9472, 240], 0);
        Array.Clear(_taken);
        _now = 0;
    }

    [TestCase(1, 0)]
    [TestCase(20, 0)]
    [TestCase(49, 0)]
    [TestCase(60, 200)]
    [TestCase(300, 600)]
    [TestCase(1000, 1000)]
    public void The_more_frames_a_millisecond_the_longer_they_gather_and_rare_ones_not_at_all(int perMillisecond, int microseconds) =>
        Assert.That(After(perMillisecond), Is.EqualTo(TimeSpan.FromMicroseconds(microseconds)));

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
        Assert.That(_moderation.Rest(_taken, _now + (_millisecond / 2)), Is.EqualTo(TimeSpan.FromMicroseconds(200)));
    }

    [Test]
    public void The_first_frames_after_a_pause_do_not_count_as_a_rate()
    {
        _now += 1000 * _millisecond;
        _taken[0] += 64;
        Assert.That(_moderation.Rest(_taken, _now), Is.EqualTo(TimeSpan.Zero));
    }

    // 100 of 240 slots in a millisecond: a quarter of them is full after 600 us; with 16 slots after 40.
    [TestCase(240, 200)]
    [TestCase(16, 40)]
    public void No_ring_gets_fuller_than_a_quarter(int slots, int microseconds)
    {
        _moderation = new([9472, slots], 0);
        _taken[1] += 100;
        Assert.That(_moderation.Rest(_taken, _millisecond), Is.EqualTo(TimeSpan.FromMicroseconds(microseconds)));
    }

    private TimeSpan After(int frames)
    {
        _now += _millisecond;
        _taken[0] += frames;
        return _moderation.Rest(_taken, _now);
    }
}
