using QmpRedirector.Benchmarks.Engines;
using QmpRedirector.Benchmarks.Measuring;

namespace QmpRedirector.Benchmarks.Sections;

/// <summary>
/// What the sidecar's runtime allocates while it forwards. A native binary does not tell, but the kernel does: with a first generation
/// larger than all that could be allocated there is no collection, no address is used twice, and every page allocated is a page fault.
/// </summary>
internal static class Allocation
{
    /// <summary>256 MiB, in the hexadecimal the runtime reads; 10^7 objects of the smallest size would just fit.</summary>
    private static readonly string[] _largeFirstGeneration = ["env", "DOTNET_GCgen0size=10000000"];

    public static async Task<AllocationResult> MeasureAsync(World world)
    {
        Progress.Tell($"allocation over {world.Settings.AllocationFrames} frames");
        await using var reader = await world.StartReaderAsync();
        await using var sidecar = await SidecarEngine.StartAsync(
            world, restricted: false, SidecarEngine.Options(world, 0, 1), _largeFirstGeneration);
        // What is touched or set up at the first frames is not for each frame.
        await world.SendAsync(Traffic.Small, world.Settings.Seconds);
        await world.SettleAsync(sidecar.Id, reader.Id);

        var before = ProcessMemory.FaultsOf(sidecar.Id);
        var sent = 0L;
        while (sent < world.Settings.AllocationFrames)
            sent += (await world.SendAsync(Traffic.Small, world.Settings.Seconds)).Frames;
        await world.SettleAsync(sidecar.Id, reader.Id);
        var faults = ProcessMemory.FaultsOf(sidecar.Id) - before;
        var report = (await sidecar.StopAsync())["f0"];
        return new AllocationResult(report.Forwarded, faults * Environment.SystemPageSize);
    }
}
