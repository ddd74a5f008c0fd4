using QmpRedirector.Benchmarks.Engines;
using QmpRedirector.Benchmarks.Measuring;

namespace QmpRedirector.Benchmarks.Sections;

/// <summary>What a sidecar adds to the sender's own work for a frame, disarmed and armed: the guest's datapath pays it.</summary>
internal static class SenderCost
{
    private static readonly (string Name, Engine? Engine)[] _states =
    [
        ("no sidecar", null),
        // The VM is stopped, so without enable_when_stopped it is disarmed.
        ("disarmed", new SidecarEngine("disarmed", properties: "")),
        ("armed", new SidecarEngine("armed")),
    ];

    public static async Task<IReadOnlyList<SenderCostResult>> MeasureAsync(World world)
    {
        var samples = _states.ToDictionary(state => state.Name, _ => new List<double>());
        for (var repeat = 0; repeat < world.Settings.Repeats; repeat++)
        {
            foreach (var (name, engine) in _states)
            {
                Progress.Tell($"the sender's cost: {name} ({repeat + 1} of {world.Settings.Repeats})");
                samples[name].Add(await MeasureAsync(world, engine));
            }
        }

        return [.. samples.Select(state => new SenderCostResult(state.Key, state.Value))];
    }

    private static async Task<double> MeasureAsync(World world, Engine? engine)
    {
        await using var reader = await world.StartReaderAsync();
        await using var running = engine is null ? null : await engine.StartAsync(world, Traffic.Small);
        var sending = await world.SendAsync(Traffic.Small, world.Settings.Seconds);
        return sending.CpuNanoseconds / 1e3 / sending.Frames;
    }
}
