using QmpRedirector.Benchmarks.Engines;
using QmpRedirector.Benchmarks.Measuring;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.Benchmarks.Sections;

/// <summary>
/// How cost grows: redirectors in one process and as many processes, all on one TAP. Together they always forward the same number of
/// frames a second, so what grows is the cost of being many.
/// </summary>
internal static class Growth
{
    private const double ForwardedPerSecond = 10_000;

    public static async Task<IReadOnlyList<GrowthResult>> MeasureAsync(World world)
    {
        var results = new List<GrowthResult>();
        foreach (var count in world.Settings.Redirectors)
        {
            results.Add(await MeasureAsync(world, processes: 1, redirectors: count));
            if (count > 1) results.Add(await MeasureAsync(world, processes: count, redirectors: 1));
        }

        return results;
    }

    private static async Task<GrowthResult> MeasureAsync(World world, int processes, int redirectors)
    {
        Progress.Tell($"growth: {processes} x {redirectors} redirectors");
        await using var reader = await world.StartReaderAsync();
        var sidecars = new List<Sidecar>();
        try
        {
            for (var i = 0; i < processes; i++)
                sidecars.Add(await SidecarEngine.StartAsync(world, restricted: false, SidecarEngine.Options(world, i, redirectors)));
            int[] ids = [.. sidecars.Select(sidecar => sidecar.Id)];
            var wakeUps = await Idle.WakeUpsPerSecondAsync(world, ids);
            var memory = ProcessMemory.Of(ids);

            var before = ProcessCpu.Nanoseconds(ids);
            var rate = ForwardedPerSecond / processes / redirectors;
            var sending = await world.SendAsync(Traffic.Small with { Rate = rate }, Math.Max(world.Settings.Seconds * 2, 2 / rate));
            await world.SettleAsync(ids);
            var cpu = ProcessCpu.Nanoseconds(ids) - before;
            foreach (var sidecar in sidecars) await sidecar.StopAsync();
            var read = await reader.StopAsync();
            Assert.That(read["frames"], Is.EqualTo(sending.Frames * processes * redirectors), "frames read from all redirectors");
            return new GrowthResult(processes, redirectors, memory, wakeUps, cpu / 1e3 / read["frames"]);
        }
        finally
        {
            foreach (var sidecar in sidecars) await sidecar.DisposeAsync();
        }
    }
}
