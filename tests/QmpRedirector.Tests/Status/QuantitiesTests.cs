using QmpRedirector.Net;
using QmpRedirector.Status;

namespace QmpRedirector.Tests.Status;

internal sealed class QuantitiesTests
{
    [TestCase(0, "0 B")]
    [TestCase(1023, "1023 B")]
    [TestCase(1024, "1 KiB")]
    [TestCase(1536, "1.5 KiB")]
    [TestCase(33_554_432, "32 MiB")]
    [TestCase(1L << 50, "1024 TiB")]
    public void Bytes_are_shown_in_the_unit_that_reads_best(long bytes, string text) =>
        Assert.That(Quantities.Bytes(bytes), Is.EqualTo(text));

    [TestCase(0, "0 fps", "0 bit/s")]
    [TestCase(999.6, "1000 fps", "8.0 kbit/s")]
    [TestCase(12_345, "12.3 kfps", "98.8 kbit/s")]
    [TestCase(1e9, "1 Gfps", "8.0 Gbit/s")]
    public void Rates_are_shown_in_thousands(double perSecond, string frames, string bits) =>
        Assert.That((Quantities.Frames(perSecond), Quantities.Bits(perSecond)), Is.EqualTo((frames, bits)));

    [Test]
    public void Counts_have_their_thousands_apart() => Assert.That(Quantities.Count(1234567), Is.EqualTo("1,234,567"));

    [Test]
    public void A_backlog_is_shown_in_frames_and_seconds()
    {
        Assert.That(
            BacklogText.Short(new BacklogCapacity(33_554_432, [(1600, 9472), (69_696, 240)])),
            Is.EqualTo("room for 9472 frames, 0.947 s at 10 kfps, and 240 over 1600 B"));
        Assert.That(BacklogText.Short(new BacklogCapacity(33_554_432, [(69_696, 480)])), Is.EqualTo("room for 480 frames, 0.048 s at 10 kfps"));
    }
}
