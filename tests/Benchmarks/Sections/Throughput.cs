using QmpRedirector.Benchmarks.Engines;
using QmpRedirector.Benchmarks.Measuring;

namespace QmpRedirector.Benchmarks.Sections;

/// <summary>What a frame costs: each kind of traffic through each engine, the engines taking turns.</summary>
internal static class Throughput
{
    public static async Task<IReadOnlyList<ThroughputResult>> MeasureAsync(World world)
    {
        var results = new List<ThroughputResult>();
        foreach (var traffic in Traffic.All)
        {
            var samples = AllEngines.Forwarders.ToDictionary(engine => engine, _ => new List<ThroughputSample>());
            for (var repeat = 0; repeat < world.Settings.Repeats; repeat++)
            {
                foreach (var engine in AllEngines.Forwarders)
                {
                    Progress.Tell($"{traffic.Name}: {engine.Name} ({repeat + 1} of {world.Settings.Repeats})");
                    samples[engine].Add(await MeasureAsync(world, engine, traffic));
                }
            }

            results.AddRange(AllEngines.Forwarders.Select(engine => new ThroughputResult(traffic, engine, samples[engine])));
        }

        return results;
    }

    private static async Task<ThroughputSample> MeasureAsync(World world, Engine engine, Traffic traffic)
    {
        await using var reader = await world.StartReaderAsync();
        await using var running = await engine.StartAsync(world, traffic);
        var warmUp = engine.HasReader ? await WarmUpAsync(world, engine, traffic, running, reader) : null;
        var (engineBefore, restBefore) = (ProcessCpu.Nanoseconds(running.Id), RestOfCpu(reader));
        var sending = await world.SendAsync(traffic, world.Settings.Seconds, engine.TapName);
        await world.SettleAsync(running.Id, reader.Id);
        var (engineCpu, restCpu) = (ProcessCpu.Nanoseconds(running.Id) - engineBefore, RestOfCpu(reader) - restBefore);

        var account = await running.StopAsync();
        var read = await reader.StopAsync();
        if (warmUp is not null && account.Forwarded is { } own)
            Assert.That(own, Is.EqualTo(read["frames"]), $"{engine.Name}: frames by its own count, and by the reader's");
        var forwarded = warmUp is null ? account.Forwarded ?? 0 : read["frames"] - warmUp["frames"];
        Assert.That(forwarded, Is.Positive, $"{engine.Name}: forwarded of {sending.Frames} frames, {account.Dropped} dropped");
        return new ThroughputSample(
            sending, forwarded, warmUp is null ? account.Dropped : sending.Frames - forwarded,
            read["bytes"] - (warmUp?["bytes"] ?? 0), engineCpu, engineCpu + restCpu + sending.CpuNanoseconds);
    }

    /// <summary>What an engine does once, when traffic of a kind begins, is not a frame's cost. Gives the reader's count then.</summary>
    private static async Task<IReadOnlyDictionary<string, long>> WarmUpAsync(
        World world, Engine engine, Traffic traffic, RunningEngine running, NativeProcess reader)
    {
        await world.SendAsync(traffic, world.Settings.WarmUpSeconds, engine.TapName);
        await world.SettleAsync(running.Id, reader.Id);
        return await reader.AskAsync();
    }

    private static long RestOfCpu(NativeProcess reader) => ProcessCpu.Nanoseconds(reader.Id) + ProcessCpu.SoftirqNanoseconds();
}
