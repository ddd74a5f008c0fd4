namespace QmpRedirector.Benchmarks.Sections;

/// <summary>One repeat; CPU in microseconds for each frame QEMU took.</summary>
internal sealed record ConsumerSample(double SentPerSecond, double TakenPerSecond, double LostShare, double SidecarCpu, double QemuCpu);
