namespace QmpRedirector.Benchmarks.Sections;

/// <summary>One repeat, in microseconds.</summary>
/// <param name="Cpu">Of the engine's process for each frame.</param>
/// <param name="LostShare">Of the frames, those that did not come back.</param>
internal sealed record LatencySample(double P50, double P99, double Cpu, double LostShare);
