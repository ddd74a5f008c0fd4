using System.Globalization;
using QmpRedirector.Benchmarks.Engines;
using QmpRedirector.Benchmarks.Measuring;

namespace QmpRedirector.Benchmarks.Sections;

/// <summary>How long a frame takes from the moment before it is sent to the return of its reader's read, one frame at a time.</summary>
internal static class Latency
{
    private const int SigUsr1 = 10;

    /// <summary>Frames a second.</summary>
    public static IReadOnlyList<int> Rates { get; } = [1000, 5000, 20000];

    public static async Task<IReadOnlyList<LatencyResult>> MeasureAsync(World world)
    {
        var results = new List<LatencyResult>();
        foreach (var rate in Rates)
        {
            var samples = AllEngines.Timed.ToDictionary(engine => engine, _ => new List<LatencySample>());
            for (var repeat = 0; repeat < world.Settings.Repeats; repeat++)
            {
                foreach (var engine in AllEngines.Timed)
                {
                    Progress.Tell($"latency at {rate} a second: {engine.Name} ({repeat + 1} of {world.Settings.Repeats})");
                    samples[engine].Add(await MeasureAsync(world, engine, rate));
                }
            }

            results.AddRange(AllEngines.Timed.Select(engine => new LatencyResult(rate, engine, samples[engine])));
        }

        return results;
    }

    private static async Task<LatencySample> MeasureAsync(World world, Engine engine, int rate)
    {
        var seconds = world.Settings.Seconds.ToString(CultureInfo.InvariantCulture);
        await using var ends = await world.StartAsync(Cpus.Ends, "latency", engine.TapName, world.PeerPath, seconds, $"{rate}");
        await using var running = await engine.StartAsync(world, Traffic.Small);
        // Where the scheduler puts them: pinned apart, every hop wakes an idle CPU, which a guest's host would not choose.
        await Cpus.UnpinAsync(ends.Id);
        await Cpus.UnpinAsync(running.Id);
        var before = ProcessCpu.Nanoseconds(running.Id);
        ends.Signal(SigUsr1);
        var numbers = await ends.WaitForNumbersAsync();
        var cpu = ProcessCpu.Nanoseconds(running.Id) - before;
        await running.StopAsync();
        Assert.That(numbers["reordered"], Is.Zero, $"{engine.Name}: frames out of order");
        return new LatencySample(
            numbers["p50_ns"] / 1e3, numbers["p99_ns"] / 1e3, cpu / 1e3 / numbers["received"],
            1 - ((double)numbers["received"] / numbers["sent"]));
    }
}
