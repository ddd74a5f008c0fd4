namespace QmpRedirector.Benchmarks.Engines;

/// <param name="Dropped">By the kernel, because the engine was too slow.</param>
/// <param name="Forwarded">Only of an engine nobody reads from; else the reader's count is what is believed.</param>
internal sealed record EngineAccount(long Dropped, long? Forwarded = null);
