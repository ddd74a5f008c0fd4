namespace QmpRedirector.Net;

/// <summary>How an interface counts time.</summary>
/// <param name="Resolution">if_tsresol: bit 7 clear: units of 10^-n s; set: of 2^-n s, n being the rest.</param>
/// <param name="OffsetSeconds">if_tsoffset: added to every time.</param>
internal readonly record struct PcapngClock(byte Resolution, long OffsetSeconds)
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Microseconds, where an interface does not say.</summary>
    public static PcapngClock Default { get; } = new(6, 0);

    /// <summary>Nanoseconds since 1970-01-01 UTC, at the limits of a long where it is beyond them.</summary>
    public long Nanoseconds(ulong units)
    {
        var nanoseconds = (Int128)OffsetSeconds * NanosecondsPerSecond + FromUnits(units);
        return (long)Int128.Clamp(nanoseconds, long.MinValue, long.MaxValue);
    }

    private Int128 FromUnits(ulong units)
    {
        var exponent = Resolution & 0x7f;
        if ((Resolution & 0x80) != 0)
            return (Int128)units * NanosecondsPerSecond >> exponent;
        return exponent <= 9 ? units * PowerOfTen(9 - exponent) : units / PowerOfTen(exponent - 9);
    }

    // From 10^20 on, any u64 divided by it is 0.
    private static Int128 PowerOfTen(int exponent)
    {
        Int128 power = 1;
        for (var i = 0; i < Math.Min(exponent, 20); i++)
            power *= 10;
        return power;
    }
}
