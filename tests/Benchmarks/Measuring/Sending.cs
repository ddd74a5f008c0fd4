namespace QmpRedirector.Benchmarks.Measuring;

/// <summary>The generator's account.</summary>
internal sealed record Sending(long Frames, double Seconds, long CpuNanoseconds)
{
    public static Sending Parse(IReadOnlyDictionary<string, long> numbers) =>
        new(numbers["sent"], numbers["ns"] / 1e9, numbers["cpu_ns"]);
}
