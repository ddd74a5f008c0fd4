using QmpRedirector.Benchmarks.Engines;
using QmpRedirector.Benchmarks.Measuring;

namespace QmpRedirector.Benchmarks.Sections;

/// <summary>One row: the repeats of one engine.</summary>
internal sealed record ThroughputResult(Traffic Traffic, Engine Engine, IReadOnlyList<ThroughputSample> Samples)
{
    public double MedianOf(Func<ThroughputSample, double> value) => Median.Of(Samples.Select(value));

    public (double Least, double Most) RangeOf(Func<ThroughputSample, double> value) => (Samples.Min(value), Samples.Max(value));

    /// <summary>How many times this engine's CPU the other needs for a frame: the median over the turns both had.</summary>
    public double TimesLessThan(ThroughputResult other) =>
        Median.Of(Samples.Zip(other.Samples, (own, others) => others.EngineMicroseconds / own.EngineMicroseconds));
}
