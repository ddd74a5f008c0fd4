using System.Globalization;

namespace QmpRedirector.Benchmarks.Measuring;

/// <summary>
/// What processes have used, to the nanosecond: the scheduler's own sum for each thread (/proc/PID/task/TID/schedstat, the kernel's
/// Documentation/scheduler/sched-stats.rst). utime and stime come in ticks of 10 ms.
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
        Threads(process).ToDictionary(thread => thread, thread => StatusNumber(thread, "voluntary_ctxt_switches:"));

    /// <summary>Whether one of their threads runs, or would if it had a CPU.</summary>
    public static bool WaitForCpu(int[] processes) => processes.SelectMany(Threads)
        .Any(thread => File.ReadAllText($"{thread}/stat") is var stat && stat[stat.LastIndexOf(')') + 2] == 'R');

    private static long Nanoseconds(int process) =>
        Threads(process).Sum(thread => long.Parse(File.ReadAllText($"{thread}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture));

    private static string[] Threads(int process) => Directory.GetDirectories($"/proc/{process}/task");

    private static long StatusNumber(string thread, string name)
    {
        var line = File.ReadLines($"{thread}/status").Single(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line[name.Length..], CultureInfo.InvariantCulture);
    }

    private static int[] FindSoftirqThreads() =>
    [
        .. Directory.GetDirectories("/proc")
            .Where(folder => int.TryParse(Path.GetFileName(folder), out _)
                && NameOf(folder).StartsWith("ksoftirqd/", StringComparison.Ordinal))
            .Select(folder => int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture)),
    ];

    private static string NameOf(string process)
    {
        try
        {
            return File.ReadAllText($"{process}/comm");
        }
        catch (IOException)
        {
            // It has just ended.
            return "";
        }
    }
}
