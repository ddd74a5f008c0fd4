using QmpRedirector.Benchmarks.Measuring;

namespace QmpRedirector.Benchmarks.Sections;

/// <param name="Samples">The generator's CPU for a frame, in microseconds.</param>
internal sealed record SenderCostResult(string State, IReadOnlyList<double> Samples)
{
    public double Microseconds => Median.Of(Samples);

    /// <summary>The median of what each repeat had more than the other's.</summary>
    public double MoreThan(SenderCostResult other) => Median.Of(Samples.Zip(other.Samples, (own, others) => own - others));
}
