using QmpRedirector.Benchmarks.Measuring;

namespace QmpRedirector.Benchmarks.Engines;

/// <summary>One of the C references.</summary>
internal sealed class NativeEngine(string name, string program, Func<Traffic, string[]>? options = null) : Engine(name)
{
    public override async Task<RunningEngine> StartAsync(World world, Traffic traffic)
    {
        string[] arguments = [TapName, world.PeerPath, .. options?.Invoke(traffic) ?? []];
        var process = await world.StartAsync(Cpus.Engine, program, arguments);
        return new RunningEngine(process.Id, () => StopAsync(process), process);
    }

    private static async Task<EngineAccount> StopAsync(NativeProcess process)
    {
        var numbers = await process.StopAsync();
        return new EngineAccount(numbers["dropped"], numbers["forwarded"]);
    }
}
