namespace QmpRedirector.Send;

/// <summary>Keeps the times between frames. The first one sets both clocks; none is early, nor later than a timer is.</summary>
internal sealed class FramePacer(TimeProvider time)
{
    // What a .NET timer can wait for at once is 49 days; a capture's clock can have jumped by more.
    private static readonly TimeSpan _longestWait = TimeSpan.FromDays(1);

    private long? _first;
    private long _start;

    /// <summary>Waits until it is this frame's turn. A time before the first frame's, or none, is now.</summary>
    /// <param name="timestamp">Nanoseconds, as in the file.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async ValueTask WaitAsync(long? timestamp, CancellationToken cancellationToken)
    {
        if (timestamp is not { } now)
            return;
        if (_first is not { } first)
        {
            (_first, _start) = (now, time.GetTimestamp());
            return;
        }

        var due = TimeSpan.FromTicks((long)Int128.Clamp(((Int128)now - first) / TimeSpan.NanosecondsPerTick, 0, long.MaxValue));
        while (due - time.GetElapsedTime(_start) is var left && left > TimeSpan.Zero)
        {
            // A timer counts whole milliseconds and drops the rest, which would be waited for by spinning.
            var milliseconds = Math.Ceiling(Math.Min(left.TotalMilliseconds, _longestWait.TotalMilliseconds));
            await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), time, cancellationToken);
        }
    }
}
