using QmpRedirector.Benchmarks.Measuring;

namespace QmpRedirector.Benchmarks.Sections;

/// <param name="ArmedMilliseconds">From exec to armed.</param>
internal sealed record IdleResult(double ArmedMilliseconds, ProcessMemory Memory, double WakeUpsPerSecond);
