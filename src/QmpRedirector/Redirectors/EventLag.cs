using QmpRedirector.Net.Interop;

namespace QmpRedirector.Redirectors;

/// <summary>A histogram of the times from an event's own timestamp to the kernel filter that follows from it being in place.</summary>
internal sealed class EventLag
{
    private readonly Lock _gate = new();
    private readonly long[] _counts = new long[Bounds.Count + 1];
    private decimal _sum;

    /// <summary>Upper bounds of the buckets, in seconds; the last bucket has none.</summary>
    public static IReadOnlyList<decimal> Bounds { get; } =
        [0.00005m, 0.0001m, 0.0002m, 0.0005m, 0.001m, 0.002m, 0.005m, 0.01m, 0.1m, 1m];

    /// <summary>The filter is in place; <paramref name="eventAtNanoseconds"/> is null when no event asked for it.</summary>
    public void Observe(long? eventAtNanoseconds)
    {
        if (eventAtNanoseconds is { } at)
            Add((RealtimeClock.NowNanoseconds - at) / 1_000_000_000m);
    }

    public void Add(decimal seconds)
    {
        var bucket = 0;
        while (bucket < Bounds.Count && seconds > Bounds[bucket])
            bucket++;
        lock (_gate)
        {
            _counts[bucket]++;
            _sum += seconds;
        }
    }

    /// <summary>Observations per bucket, not cumulative, one more than there are bounds; and the sum in seconds.</summary>
    public (IReadOnlyList<long> Counts, decimal Sum) Read()
    {
        lock (_gate)
            return ([.. _counts], _sum);
    }
}
