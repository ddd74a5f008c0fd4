using QmpRedirector.Benchmarks.Measuring;

namespace QmpRedirector.Benchmarks.Sections;

/// <param name="Memory">Of all processes together.</param>
/// <param name="CpuMicroseconds">For each frame that one redirector forwarded.</param>
internal sealed record GrowthResult(int Processes, int Redirectors, ProcessMemory Memory, double WakeUpsPerSecond, double CpuMicroseconds);
