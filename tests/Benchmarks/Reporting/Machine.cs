using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.Benchmarks.Reporting;

/// <summary>Where and when it was measured, and of what.</summary>
/// <param name="Load">Average over the minute before, of what else runs here.</param>
internal sealed record Machine(
    DateTimeOffset At, string Kernel, string Cpu, int Cores, string Load, string Qemu, string Compiler, string Sidecar, long SidecarBytes)
{
    private static string Binary => SystemTests.Kit.Sidecar.Binary;

    public static async Task<Machine> DescribeAsync() => new(
        TimeProvider.System.GetUtcNow(),
        (await File.ReadAllTextAsync("/proc/sys/kernel/osrelease")).Trim(),
        CpuModel(),
        Environment.ProcessorCount,
        (await File.ReadAllTextAsync("/proc/loadavg")).Split(' ')[0],
        await FirstLineAsync("qemu-system-x86_64", "--version"),
        await FirstLineAsync("gcc", "--version"),
        await FirstLineAsync(Binary, "--version"),
        new FileInfo(Binary).Length);

    private static string CpuModel() => File.ReadLines("/proc/cpuinfo")
        .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "unknown";

    private static async Task<string> FirstLineAsync(params string[] command) => (await CapturedProcess.RunAsync(command)).Split('\n')[0];
}
