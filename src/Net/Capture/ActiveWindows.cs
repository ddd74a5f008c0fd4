using System.Collections.Immutable;
using System.Diagnostics;

namespace QmpRedirector.Net;

/// <summary>
/// The times in which a capture was not active, in CLOCK_REALTIME nanoseconds. The kernel filter drops nearly everything of them; this
/// cuts what it accepted between an event's timestamp and the swap of the filter, which the event's delivery delays.
/// </summary>
/// <remarks>
/// The control plane replaces the list; the data thread only reads it. Frames wait in the kernel across any number of windows, so a gap
/// is kept until the queue has been seen empty after it. That is told by the monotonic clock (<see cref="Stopwatch"/> timestamps):
/// CLOCK_REALTIME can be set back, to a time before the last opening, and then no gap that is over may cut what is captured now.
/// </remarks>
internal sealed class ActiveWindows
{
    // A peer that never reads while a VM is stopped and continued for ever must not grow this without bound: beyond it the oldest gap is
    // forgotten, which can let a few frames of that gap through.
    private const int Most = 4096;

    // A frame is stamped a little before it is queued, by a thread that may lose its processor in between.
    private static readonly long _inFlight = Stopwatch.Frequency;

    private volatile Gap[] _gaps = [new Gap(long.MinValue, long.MaxValue, long.MaxValue)];

    private readonly record struct Gap(long After, long Until, long OverAt)
    {
        // A gap that was over before the queue was last empty has no frame left to cut, but for one still on its way through the kernel.
        internal bool CanBeQueued(long emptyAt) => OverAt >= emptyAt - _inFlight;
    }

    /// <summary>The capture ends with the frames stamped <paramref name="cutoff"/>; later ones are outside.</summary>
    /// <param name="cutoff">CLOCK_REALTIME nanoseconds.</param>
    /// <param name="emptyAt">When the queue was last seen empty, monotonic.</param>
    internal void Close(long cutoff, long emptyAt)
    {
        var gaps = _gaps;
        if (gaps.Length > 0 && gaps[^1].Until == long.MaxValue)
            return;
        _gaps = [.. Kept(gaps, emptyAt), new Gap(cutoff, long.MaxValue, long.MaxValue)];
    }

    /// <summary>The capture begins with the frames stamped <paramref name="from"/>.</summary>
    /// <param name="from">CLOCK_REALTIME nanoseconds.</param>
    /// <param name="now">The same moment, monotonic.</param>
    /// <param name="emptyAt">When the queue was last seen empty, monotonic.</param>
    internal void Open(long from, long now, long emptyAt)
    {
        var gaps = _gaps;
        if (gaps.Length == 0 || gaps[^1].Until != long.MaxValue)
            return;
        _gaps = [.. Kept([.. gaps[..^1], gaps[^1] with { Until = from, OverAt = now }], emptyAt)];
    }

    /// <summary>Whether a frame taken from a queue that was last empty at <paramref name="emptyAt"/> is of no active time.</summary>
    internal bool IsOutside(long timestamp, long emptyAt)
    {
        foreach (ref readonly var gap in _gaps.AsSpan())
        {
            if (timestamp > gap.After && timestamp < gap.Until && gap.CanBeQueued(emptyAt))
                return true;
        }

        return false;
    }

    /// <summary>
    /// Since when the capture has been active, or a later time: no frame of such a queue stamped then or later is of another time. The last
    /// moment of all where it is not active.
    /// </summary>
    internal long Since(long emptyAt)
    {
        var since = long.MinValue;
        foreach (ref readonly var gap in _gaps.AsSpan())
        {
            if (gap.CanBeQueued(emptyAt))
                since = Math.Max(since, gap.Until);
        }

        return since;
    }

    private static ImmutableArray<Gap> Kept(ReadOnlySpan<Gap> gaps, long emptyAt)
    {
        var kept = ImmutableArray.CreateBuilder<Gap>(gaps.Length);
        foreach (var gap in gaps[Math.Max(0, gaps.Length - Most)..])
        {
            if (gap.CanBeQueued(emptyAt))
                kept.Add(gap);
        }

        return kept.DrainToImmutable();
    }
}
