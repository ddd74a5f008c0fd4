namespace QmpRedirector.Net;

/// <summary>How many frames there are in a millisecond, for <see cref="RingChoice"/> and <see cref="Moderation"/>: a super-frame counts as a few.</summary>
internal static class TrafficLoad
{
    /// <summary>
    /// Frames are many. To be woken costs 10 to 20 us of CPU and the sender a few, so at 50 frames/ms the wake-ups alone would take a core.
    /// </summary>
    internal const double Many = 50;

    /// <summary>They are many no more: half of it, as a rate near the limit must not change things all the time.</summary>
    internal const double Few = Many / 2;

    // Super-frames alone are many from some 6 Gbit/s on, where a block is full long before its time is over.
    private const double BytesOfOne = 20_000;

    internal static double Of(double frames, double bytes) => frames + (bytes / BytesOfOne);
}
