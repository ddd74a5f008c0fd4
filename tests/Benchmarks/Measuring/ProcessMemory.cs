using System.Globalization;

namespace QmpRedirector.Benchmarks.Measuring;

/// <summary>A process's resident memory, from /proc/PID/smaps (proc(5)), in KiB.</summary>
/// <param name="Resident">All of it, mapped packet rings included.</param>
/// <param name="Rings">Of that, the rings: mappings of sockets.</param>
/// <param name="Proportional">All of it, with what several processes share divided among them.</param>
internal sealed record ProcessMemory(long Resident, long Rings, long Proportional)
{
    private const int FieldsOfMapping = 6;

    public static ProcessMemory Of(int process)
    {
        var (resident, rings, proportional, isRing) = (0L, 0L, 0L, false);
        foreach (var line in File.ReadLines($"/proc/{process}/smaps"))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words[0] == "Rss:")
            {
                resident += Kibibytes(words);
                if (isRing) rings += Kibibytes(words);
            }
            else if (words[0] == "Pss:")
            {
                proportional += Kibibytes(words);
            }
            else if (!words[0].EndsWith(':'))
            {
                isRing = words.Length >= FieldsOfMapping && words[FieldsOfMapping - 1].StartsWith("socket:", StringComparison.Ordinal);
            }
        }

        return new ProcessMemory(resident, rings, proportional);
    }

    public static ProcessMemory Of(IEnumerable<int> processes) => processes.Select(Of)
        .Aggregate((sum, one) => new(sum.Resident + one.Resident, sum.Rings + one.Rings, sum.Proportional + one.Proportional));

    /// <summary>Pages the process has touched for the first time, since its start (minflt of /proc/PID/stat).</summary>
    public static long FaultsOf(int process)
    {
        const int minorFaults = 10;
        const int afterName = 3;
        var stat = File.ReadAllText($"/proc/{process}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return long.Parse(fields[minorFaults - afterName], CultureInfo.InvariantCulture);
    }

    private static long Kibibytes(string[] words) => long.Parse(words[1], CultureInfo.InvariantCulture);
}
