namespace QmpRedirector.Benchmarks.Engines;

/// <param name="Dropped">By the kernel, because the engine was too slow.</param>
/// <param name="Forwarded">Null if it does not count.</param>
internal sealed record EngineAccount(long Dropped, long? Forwarded = null);
