using System.Diagnostics;

namespace QmpRedirector.Net;

/// <summary>
/// Decides between two ways to wait, as a NIC's adaptive interrupt moderation does: while frames are rare the thread is woken by each;
/// while they are many it lets them gather for a time, in which the kernel has nobody to wake.
/// </summary>
/// <param name="slots">Frames each ring can hold.</param>
/// <param name="bytesOfBlocks">Bytes that a ring of blocks can hold.</param>
/// <param name="now">A <see cref="Stopwatch"/> timestamp.</param>
internal sealed class Moderation(int[] slots, long bytesOfBlocks, long now)
{
    // The more frames, the longer: a window's frames are then a few hundred at any rate.
    private const double MicrosecondsPerFrame = 2;
    private const double Shortest = 200;
    private const double Longest = 1000;

    // A ring must not fill up while the thread waits, nor by the time it is scheduled again.
    private const double ShareOfRing = 0.25;

    private static readonly long _window = Stopwatch.Frequency / 1000;

    private readonly long[] _takenBefore = new long[slots.Length];
    private long _since = now;
    private long _bytesBefore;
    private TimeSpan _rest;

    /// <summary>Frames are many.</summary>
    internal bool IsGathering => _rest > TimeSpan.Zero;

    /// <summary>How long to let frames gather, now that those found last are sent; zero to wait for the next one.</summary>
    /// <param name="taken">Frames taken from each ring so far.</param>
    /// <param name="bytes">Their bytes.</param>
    /// <param name="now">A <see cref="Stopwatch"/> timestamp.</param>
    internal TimeSpan Rest(ReadOnlySpan<long> taken, long bytes, long now)
    {
        if (now - _since < _window)
            return _rest;
        var milliseconds = (now - _since) / (Stopwatch.Frequency / 1000.0);
        var ofBytes = (bytes - _bytesBefore) / milliseconds;
        var rate = 0.0;
        var mostOfRings = ofBytes > 0 ? Math.Min(Longest, bytesOfBlocks * ShareOfRing / ofBytes * 1000) : Longest;
        for (var i = 0; i < slots.Length; i++)
        {
            var ofRing = (taken[i] - _takenBefore[i]) / milliseconds;
            rate += ofRing;
            if (ofRing > 0)
                mostOfRings = Math.Min(mostOfRings, slots[i] * ShareOfRing / ofRing * 1000);
            _takenBefore[i] = taken[i];
        }

        _bytesBefore = bytes;
        _since = now;
        var load = TrafficLoad.Of(rate, ofBytes);
        _rest = load < (IsGathering ? TrafficLoad.Few : TrafficLoad.Many)
            ? TimeSpan.Zero
            : TimeSpan.FromMicroseconds(Math.Min(mostOfRings, Math.Clamp(load * MicrosecondsPerFrame, Shortest, Longest)));
        return _rest;
    }
}
