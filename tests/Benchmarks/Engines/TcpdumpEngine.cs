using System.Globalization;
using System.Text.RegularExpressions;
using QmpRedirector.Benchmarks.Measuring;
using QmpRedirector.SystemTests.Interop;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.Benchmarks.Engines;

/// <summary>tcpdump, which writes the same frames to a file: what libpcap makes of the kernel's ring (TPACKET_V3).</summary>
internal sealed partial class TcpdumpEngine() : Engine("tcpdump -w /dev/null")
{
    private const int BufferKibibytes = 32 * 1024;

    public override bool HasReader => false;

    public override async Task<RunningEngine> StartAsync(World world, Traffic traffic)
    {
        var process = CapturedProcess.Start(world.Lab.Namespace.CommandLine(
        [
            .. Cpus.Pin(Cpus.Engine),
            "tcpdump", "-Z", "root", "-n", "-B", $"{BufferKibibytes}", "-i", TapName, "-Q", "out", "-w", "/dev/null",
        ]));
        await Eventually.ThatAsync(
            () => process.HasExited || process.Error.Contains("listening on", StringComparison.Ordinal), "tcpdump listens");
        return new RunningEngine(process.Id, () => StopAsync(process), process);
    }

    private static async Task<EngineAccount> StopAsync(CapturedProcess process)
    {
        process.Signal(Linux.SigTerm);
        Assert.That(await process.WaitForExitAsync(Eventually.Deadline), Is.Zero, process.Error);
        return new EngineAccount(Number(Dropped(), process.Error), Number(Captured(), process.Error));
    }

    private static long Number(Regex pattern, string text)
    {
        var match = pattern.Match(text);
        Assert.That(match.Success, Is.True, $"tcpdump's account: {text}");
        return long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"(\d+) packets? captured")]
    private static partial Regex Captured();

    [GeneratedRegex(@"(\d+) packets? dropped by kernel")]
    private static partial Regex Dropped();
}
