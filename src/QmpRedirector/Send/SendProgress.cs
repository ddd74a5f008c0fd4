using System.Globalization;

namespace QmpRedirector.Send;

/// <summary>One line on a terminal, redrawn in place, also while the peer takes no frames; gone when disposed of.</summary>
internal sealed class SendProgress : IDisposable
{
    private const int Columns = 79;

    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly TextWriter _terminal;
    private readonly TimeProvider _time;
    private readonly SendCounts _counts;
    private readonly Func<double?> _fraction;
    private readonly ITimer _timer;
    private string? _waiting;
    private long _lastFrames;
    private long _lastTime;
    private bool _disposed;

    /// <param name="terminal">Where the cursor stands at the beginning of a line that is free.</param>
    /// <param name="time">Times the redrawing.</param>
    /// <param name="counts">What is shown.</param>
    /// <param name="fraction">How much of the file has been read, from 0 to 1; null where it has no end.</param>
    public SendProgress(TextWriter terminal, TimeProvider time, SendCounts counts, Func<double?> fraction)
    {
        (_terminal, _time, _counts, _fraction) = (terminal, time, counts, fraction);
        _lastTime = time.GetTimestamp();
        _timer = time.CreateTimer(_ => Draw(), null, _interval, _interval);
    }

    /// <summary>What is waited for before the first frame; null: nothing any more.</summary>
    public void Wait(string? what)
    {
        lock (_lock)
        {
            _waiting = what;
            _lastTime = _time.GetTimestamp();
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            _disposed = true;
            _timer.Dispose();
            _terminal.Write("\r\e[K");
        }
    }

    private void Draw()
    {
        lock (_lock)
        {
            // A tick that waited for the lock comes after the line has been cleared.
            if (!_disposed)
            {
                // A line that wraps could not be redrawn.
                var line = Line();
                _terminal.Write($"\r{line[..Math.Min(line.Length, Columns)]}\e[K");
            }
        }
    }

    private string Line()
    {
        if (_waiting is not null)
            return _waiting;
        var frames = _counts.Frames;
        var now = _time.GetTimestamp();
        var rate = (frames - _lastFrames) / _time.GetElapsedTime(_lastTime, now).TotalSeconds;
        (_lastFrames, _lastTime) = (frames, now);
        var done = _fraction() is { } fraction ? $", {fraction:0%} read" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{frames:N0} frames, {Size(_counts.Bytes)}, {rate:N0} frames/s{done}");
    }

    private static string Size(long bytes) => bytes switch
    {
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.0} kB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.00} GB"),
    };
}
