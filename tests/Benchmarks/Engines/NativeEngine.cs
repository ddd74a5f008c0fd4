using QmpRedirector.Benchmarks.Measuring;

namespace QmpRedirector.Benchmarks.Engines;

/// <summary>One of the C references.</summary>
internal sealed class NativeEngine(string name, string program, Func<Traffic, string[]>? options = null) : Engine(name)
{
    public override async Task<RunningEngine> StartAsync(World world, Traffic traffic)
    {
        string[] arguments = [TapName, world.PeerPath, .. options?.Invoke(traffic) ?? []];
        var process = await world.StartAsync(Cpus.Engine, program, arguments);
        return new RunningEngine(process.Id, async () => new EngineAccount((await process.StopAsync())["dropped"]), process);
    }
}
