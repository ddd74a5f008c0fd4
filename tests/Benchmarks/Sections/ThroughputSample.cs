using QmpRedirector.Benchmarks.Measuring;

namespace QmpRedirector.Benchmarks.Sections;

/// <summary>One repeat.</summary>
/// <param name="Lost">Not forwarded.</param>
/// <param name="Bytes">Read at the other end.</param>
/// <param name="EngineNanoseconds">CPU of the engine's process.</param>
/// <param name="AllNanoseconds">CPU of generator, engine, reader and the kernel's softirq threads.</param>
internal sealed record ThroughputSample(
    Sending Sending, long Forwarded, long Lost, long Bytes, long EngineNanoseconds, long AllNanoseconds)
{
    public double EngineMicroseconds => EngineNanoseconds / 1e3 / Forwarded;

    public double AllMicroseconds => AllNanoseconds / 1e3 / Forwarded;

    public double SentPerSecond => Sending.Frames / Sending.Seconds;

    public double ForwardedPerSecond => Forwarded / Sending.Seconds;

    public double Gigabits => Bytes * 8 / 1e9 / Sending.Seconds;

    public double LostShare => (double)Lost / Sending.Frames;
}
