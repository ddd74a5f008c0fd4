using System.Globalization;
using System.Runtime.InteropServices;
using QmpRedirector.SystemTests.Interop;

namespace QmpRedirector.Benchmarks.Measuring;

/// <summary>
/// What processes have used, to the nanosecond and with the threads that have ended: their CPU-time clock (clock_getcpuclockid(3)). The
/// utime and stime of /proc come in ticks of 10 ms.
/// </summary>
internal static class ProcessCpu
{
    private static readonly int[] _softirqThreads = FindSoftirqThreads();

    public static long Nanoseconds(params int[] processes) => processes.Sum(Nanoseconds);

    /// <summary>
    /// Softirqs that run in their own threads. The others interrupt a thread and are part of its time, unless the kernel was built with
    /// CONFIG_IRQ_TIME_ACCOUNTING.
    /// </summary>
    public static long SoftirqNanoseconds() => Nanoseconds(_softirqThreads);

    /// <summary>How often each of its threads has gone to sleep, so how often it was woken.</summary>
    public static Dictionary<string, long> WakeUps(int process) =>
        Threads(process).Select(static thread => (Name: thread, Switches: StatusNumber(thread, "voluntary_ctxt_switches:")))
            .Where(static thread => thread.Switches is not null).ToDictionary(static thread => thread.Name, static thread => (long)thread.Switches!);

    /// <summary>Whether one of their threads runs, or would if it had a CPU.</summary>
    public static bool WaitForCpu(int[] processes) => processes.SelectMany(Threads)
        .Any(static thread => Read($"{thread}/stat") is { Length: > 0 } stat && stat[stat.LastIndexOf(')') + 2] == 'R');

    private static long Nanoseconds(int process)
    {
        var error = LibC.CpuClockOf(process, out var clock);
        Assert.That(error, Is.Zero, $"the CPU-time clock of process {process}: {Marshal.GetPInvokeErrorMessage(error)}");
        LibC.Check(LibC.ClockGetTime(clock, out var time), "clock_gettime");
        return (time.Seconds * 1_000_000_000) + time.Nanoseconds;
    }

    private static string[] Threads(int process) => Directory.GetDirectories($"/proc/{process}/task");

    private static long? StatusNumber(string thread, string name)
    {
        var line = Read($"{thread}/status").Split('\n').SingleOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return line is null ? null : long.Parse(line[name.Length..], CultureInfo.InvariantCulture);
    }

    private static int[] FindSoftirqThreads() =>
    [
        .. Directory.GetDirectories("/proc")
            .Where(folder => int.TryParse(Path.GetFileName(folder), out _)
                && Read($"{folder}/comm").StartsWith("ksoftirqd/", StringComparison.Ordinal))
            .Select(folder => int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture)),
    ];

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            // The process or thread has just ended.
            return "";
        }
    }
}
