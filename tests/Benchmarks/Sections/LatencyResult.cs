using QmpRedirector.Benchmarks.Engines;
using QmpRedirector.Benchmarks.Measuring;

namespace QmpRedirector.Benchmarks.Sections;

/// <summary>The repeats of one engine at one rate.</summary>
internal sealed record LatencyResult(int Rate, Engine Engine, IReadOnlyList<LatencySample> Samples)
{
    public double MedianOf(Func<LatencySample, double> value) => Median.Of(Samples.Select(value));
}
