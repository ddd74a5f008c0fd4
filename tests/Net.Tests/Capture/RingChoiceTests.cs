using System.Diagnostics;

namespace QmpRedirector.Net.Tests.Capture;

internal sealed class RingChoiceTests
{
    private const int Short = 64;
    private const int Super = 65_226;

    private static readonly long _millisecond = Stopwatch.Frequency / 1000;

    private RingChoice _choice = new(0);
    private bool _blocks;
    private long _now;
    private long _taken;
    private long _bytes;

    [SetUp]
    public void Begin()
    {
        _choice = new RingChoice(0);
        (_blocks, _now, _taken, _bytes) = (false, 0, 0, 0);
    }

    [TestCase(20, Short, false)]
    [TestCase(49, Short, false)]
    [TestCase(51, Short, true)]
    [TestCase(49, 1514, true, Description = "a little more for their bytes")]
    [TestCase(4, Super, false, Description = "2 Gbit/s")]
    [TestCase(38, Super, true, Description = "20 Gbit/s")]
    public void Frames_that_are_many_or_large_come_in_blocks(int perMillisecond, int length, bool blocks) =>
        Assert.That(After(perMillisecond, 40, length), Is.EqualTo(blocks));

    [Test]
    public void A_burst_changes_nothing() => Assert.That(After(900, 9), Is.False);

    [Test]
    public void A_lull_changes_nothing()
    {
        After(900, 40);
        Assert.That(After(0, 90), Is.True);
        Assert.That(After(0, 200), Is.False);
    }

    [Test]
    public void Told_that_slots_it_is_it_forgets_what_came_before()
    {
        After(900, 40);
        _choice.WantSlots(_taken, _bytes, _now);
        Assert.That(After(1, 40), Is.False);
    }

    [Test]
    public void A_rate_between_the_limits_changes_nothing()
    {
        Assert.That(After(30, 400), Is.False);
        After(60, 40);
        Assert.That(After(30, 400), Is.True);
        Assert.That(After(20, 400), Is.False);
        Assert.That(After(30, 400), Is.False);
    }

    [Test]
    public void A_burst_after_a_long_silence_is_measured_by_itself_soon()
    {
        _now = 1_000_000 * _millisecond;
        Assert.That(After(900, 60), Is.True);
    }

    private bool After(int perMillisecond, int milliseconds, int length = Short)
    {
        for (var i = 0; i < milliseconds; i++)
        {
            _now += _millisecond;
            _taken += perMillisecond;
            _bytes += (long)perMillisecond * length;
            _blocks = _choice.WantsBlocks(_blocks, _taken, _bytes, _now);
        }

        return _blocks;
    }
}
