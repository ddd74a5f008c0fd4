using QmpRedirector.Benchmarks.Engines;
using QmpRedirector.Benchmarks.Measuring;

namespace QmpRedirector.Benchmarks.Sections;

/// <summary>
/// What the sidecar's runtime allocates while it forwards. A native binary does not tell, but the kernel does: with a first generation as
/// large as this no address is used twice for a long time, so every page allocated is a page fault.
/// </summary>
internal static class Allocation
{
    /// <summary>256 MiB, in the hexadecimal the runtime reads: as much as an object for each of 10^7 frames.</summary>
    private static readonly string[] _largeFirstGeneration = ["env", "DOTNET_GCgen0size=10000000"];

    /// <summary>What is dropped would not count, so it is not sent as fast as it goes.</summary>
    private static readonly Traffic _traffic = Traffic.Small with { Rate = 400_000 };

    public static async Task<AllocationResult> MeasureAsync(World world)
    {
        Progress.Tell($"allocation over {world.Settings.AllocationFrames} frames");
        await using var reader = await world.StartReaderAsync();
        await using var sidecar = await SidecarEngine.StartAsync(
            world, restricted: false, SidecarEngine.Options(world, 0, 1), _largeFirstGeneration);
        // What the first frames touch and set up is not for each frame; a queue makes it use all of its buffers at once.
        sidecar.Freeze();
        await world.SendAsync(Traffic.Small, world.Settings.Seconds);
        sidecar.Thaw();
        await world.SettleAsync(sidecar.Id, reader.Id);

        var before = ProcessMemory.FaultsOf(sidecar.Id);
        await world.SendAsync(_traffic, world.Settings.AllocationFrames / _traffic.Rate);
        await world.SettleAsync(sidecar.Id, reader.Id);
        var faults = ProcessMemory.FaultsOf(sidecar.Id) - before;
        var report = (await sidecar.StopAsync())["f0"];
        return new AllocationResult(report.Forwarded, faults * Environment.SystemPageSize);
    }
}
