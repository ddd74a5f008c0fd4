namespace QmpRedirector.Net;

/// <summary>The frames stamped from a time on and before another, CLOCK_REALTIME nanoseconds.</summary>
internal readonly record struct StampRange(long From, long To)
{
    internal static StampRange None => new(long.MaxValue, long.MaxValue);

    internal static StampRange All => new(long.MinValue, long.MaxValue);

    internal bool Contains(long stamped) => stamped >= From && stamped < To;
}
