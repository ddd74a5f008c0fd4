using Microsoft.Extensions.Time.Testing;
using QmpRedirector.Send;

namespace QmpRedirector.Tests.Send;

internal sealed class SendProgressTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly StringWriter _terminal = new();
    private readonly SendCounts _counts = new();

    [OneTimeTearDown]
    public void Close() => _terminal.Dispose();

    [SetUp]
    public void Clear() => _terminal.GetStringBuilder().Clear();

    [Test]
    public void The_line_is_redrawn_in_place_and_gone_at_the_end()
    {
        using (SendProgress progress = new(_terminal, _time, new SendCounts(), static () => 0.5))
        {
            progress.Wait("waiting for a peer at unix:/x");
            _time.Advance(TimeSpan.FromMilliseconds(250));
            progress.Wait(null);
            _time.Advance(TimeSpan.FromMilliseconds(250));
        }

        Assert.That(_terminal.ToString(), Is.EqualTo(
            "\rwaiting for a peer at unix:/x\e[K" + "\r0 frames, 0.0 kB, 0 frames/s, 50% read\e[K" + "\r\e[K"));
    }

    [Test]
    public void The_rate_is_that_of_the_last_interval()
    {
        using SendProgress progress = new(_terminal, _time, _counts, static () => null);
        for (var frame = 0; frame < 12_345; frame++)
            _counts.Sent(1000);
        _time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.That(Last(), Is.EqualTo("12,345 frames, 12.3 MB, 49,380 frames/s"));
        _time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.That(Last(), Is.EqualTo("12,345 frames, 12.3 MB, 0 frames/s"), "the peer takes none");
    }

    [Test]
    public void No_line_is_longer_than_a_terminal_is_wide()
    {
        using SendProgress progress = new(_terminal, _time, _counts, static () => null);
        progress.Wait(new string('x', 200));
        _time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.That(Last(), Has.Length.EqualTo(79));
    }

    private string Last() => _terminal.ToString().Split('\r')[^1].Replace("\e[K", "", StringComparison.Ordinal);
}
