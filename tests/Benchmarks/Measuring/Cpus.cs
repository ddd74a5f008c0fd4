using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.Benchmarks.Measuring;

/// <summary>Which CPU runs what; the same for all engines.</summary>
internal static class Cpus
{
    /// <summary>Generator and reader.</summary>
    public const int Ends = 0;

    public const int Engine = 1;

    /// <summary>The command that has another run on that CPU alone; it execs it.</summary>
    public static string[] Pin(int cpu) => ["taskset", "-c", $"{cpu}"];

    public static Task MoveAsync(int process, int cpu) => CapturedProcess.RunAsync("taskset", "-acp", $"{cpu}", $"{process}");

    public static Task UnpinAsync(int process) =>
        CapturedProcess.RunAsync("taskset", "-acp", $"0-{Environment.ProcessorCount - 1}", $"{process}");
}
