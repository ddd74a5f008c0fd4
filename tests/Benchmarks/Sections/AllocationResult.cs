namespace QmpRedirector.Benchmarks.Sections;

/// <param name="AtMostBytes">Touched for the first time meanwhile, by the runtime or anything else in the process.</param>
internal sealed record AllocationResult(long Frames, long AtMostBytes)
{
    /// <summary>gen0size of the runtime's gc.cpp is never less, so no collection can begin before so much is allocated.</summary>
    public const int SmallestFirstGeneration = 256 * 1024;

    public bool AllowsCollection => AtMostBytes >= SmallestFirstGeneration;
}
