namespace QmpRedirector.Benchmarks.Engines;

/// <summary>An engine at work.</summary>
/// <param name="id">Its process, of which the CPU time is taken.</param>
/// <param name="stop">Ends it and tells its account.</param>
internal sealed class RunningEngine(int id, Func<Task<EngineAccount>> stop, params IAsyncDisposable[] owned) : IAsyncDisposable
{
    public int Id => id;

    public Task<EngineAccount> StopAsync() => stop();

    public async ValueTask DisposeAsync()
    {
        foreach (var thing in owned) await thing.DisposeAsync();
    }
}
