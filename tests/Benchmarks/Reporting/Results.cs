using QmpRedirector.Benchmarks.Measuring;
using QmpRedirector.Benchmarks.Sections;

namespace QmpRedirector.Benchmarks.Reporting;

/// <summary>All that was measured in one run.</summary>
internal sealed record Results(
    IReadOnlyList<ThroughputResult> Throughput,
    IReadOnlyList<LatencyResult> Latency,
    IdleResult Idle,
    AllocationResult Allocation,
    IReadOnlyList<SenderCostResult> SenderCost,
    IReadOnlyList<ConsumerResult> Consumer,
    IReadOnlyList<GrowthResult> Growth)
{
    public static async Task<Results> MeasureAsync(World world) => new(
        await Sections.Throughput.MeasureAsync(world),
        await Sections.Latency.MeasureAsync(world),
        await Sections.Idle.MeasureAsync(world),
        await Sections.Allocation.MeasureAsync(world),
        await Sections.SenderCost.MeasureAsync(world),
        await Sections.Consumer.MeasureAsync(world),
        await Sections.Growth.MeasureAsync(world));
}
