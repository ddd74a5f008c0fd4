using System.Diagnostics;

namespace QmpRedirector.Net;

/// <summary>
/// Decides which kind of ring takes frames. Slots: each frame is there at once. Blocks: a fraction of the cost for sender and sidecar, but
/// frames are handed over when a block is full or its time is over, and one with a single frame in it takes a block's memory.
/// </summary>
/// <param name="now">A <see cref="Stopwatch"/> timestamp.</param>
internal sealed class RingChoice(long now)
{
    // A burst shorter than this is over before a change would pay; a lull may be longer.
    private static readonly long _burst = Stopwatch.Frequency / 100;
    private static readonly long _lull = Stopwatch.Frequency / 10;

    private long _since = now;
    private double _loadBefore;
    private bool _wantsBlocks;

    /// <summary>After so long without a frame taken, because none comes or the peer takes none, blocks are no good.</summary>
    internal static TimeSpan Silence => TimeSpan.FromMilliseconds(30);

    /// <summary>
    /// After so long without a frame taken the slots' sockets are bound again: that takes the kernel a while, and <see cref="Silence"/> may follow.
    /// </summary>
    internal static TimeSpan Quiet => TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// How long a ring of blocks outlives its use; and so long nobody asks for it again where there was no memory for it.
    /// </summary>
    internal TimeSpan Keep { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After so long of blocks the slots' sockets are parked.</summary>
    internal TimeSpan Settled { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Want the other kind always, after so long of blocks, for tests.</summary>
    internal TimeSpan? Restless { get; init; }

    /// <summary>Whether blocks should be used.</summary>
    /// <param name="areBlocks">Whether they are.</param>
    /// <param name="taken">Frames taken so far.</param>
    /// <param name="bytes">Their bytes.</param>
    /// <param name="now">A <see cref="Stopwatch"/> timestamp.</param>
    internal bool WantsBlocks(bool areBlocks, long taken, long bytes, long now)
    {
        if (Restless is { } stay)
        {
            if (!areBlocks)
                _since = now;
            return !areBlocks || Stopwatch.GetElapsedTime(_since, now) < stay;
        }

        if (now - _since < (_wantsBlocks ? _lull : _burst))
            return _wantsBlocks;
        var load = TrafficLoad.Of(taken, bytes);
        var rate = (load - _loadBefore) / ((now - _since) / (Stopwatch.Frequency / 1000.0));
        _since = now;
        _loadBefore = load;
        _wantsBlocks = rate >= (_wantsBlocks ? TrafficLoad.Few : TrafficLoad.Many);
        return _wantsBlocks;
    }

    /// <summary>Slots it is, whatever the rate has been until now.</summary>
    /// <inheritdoc cref="WantsBlocks" />
    internal void WantSlots(long taken, long bytes, long now)
    {
        _since = now;
        _loadBefore = TrafficLoad.Of(taken, bytes);
        _wantsBlocks = false;
    }
}
