using QmpRedirector.Benchmarks.Measuring;

namespace QmpRedirector.Benchmarks.Sections;

internal sealed record ConsumerResult(Traffic Traffic, IReadOnlyList<ConsumerSample> Samples)
{
    public double MedianOf(Func<ConsumerSample, double> value) => Median.Of(Samples.Select(value));
}
