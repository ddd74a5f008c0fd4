using System.Globalization;
using System.Text;
using QmpRedirector.Benchmarks.Engines;
using QmpRedirector.Benchmarks.Measuring;
using QmpRedirector.Benchmarks.Sections;
using static QmpRedirector.Benchmarks.Reporting.Numbers;

namespace QmpRedirector.Benchmarks.Reporting;

/// <summary>docs/PERFORMANCE.md: the tables, and what notes.md says of them.</summary>
internal static class Document
{
    public static string Write(Machine machine, Settings settings, Results results)
    {
        var text = new StringBuilder();
        text.Append("# Performance\n\n").Append(About(machine, settings)).Append('\n');
        Section(text, "Aims", ReachTable.Of(results));
        foreach (var traffic in Traffic.All) Section(text, traffic.Title, Throughput(results, traffic));
        Section(text, "Latency, us: p50 / p99, and CPU of the engine for a frame", Latency(results));
        Section(text, "The process", Process(results));
        Section(text, "What the sender pays (64 B at full rate)", SenderCost(results));
        Section(text, "Into a real QEMU's filter-redirector", Consumer(results));
        Section(text, "Many redirectors (together 10,000 frames a second)", Growth(results));
        text.Append(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "notes.md")));
        return text.ToString();
    }

    private static string About(Machine machine, Settings settings) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        Written by `scripts/bench.sh` on {machine.At:yyyy-MM-dd HH:mm} UTC: {machine.Cores} CPUs ({machine.Cpu}), Linux {machine.Kernel},
        load {machine.Load} before it began.
        {machine.Sidecar}, {machine.SidecarBytes} bytes; {machine.Qemu}; {machine.Compiler}.
        {(settings.Repeats == 1 ? "One repeat" : $"Medians of {settings.Repeats} alternating repeats")} of {settings.Seconds} s.

        """);

    private static void Section(StringBuilder text, string title, Table table) => text.Append($"## {title}\n\n{table}\n");

    private static Table Throughput(Results results, Traffic traffic)
    {
        var table = new Table(
            "engine", "sent kpps", "forwarded kpps", "Gbit/s", "lost", "CPU us/frame", "least - most", "all CPU us/frame",
            "times the sidecar's CPU");
        var rows = results.Throughput.Where(result => result.Traffic == traffic).ToList();
        var sidecar = rows.Single(row => row.Engine == AllEngines.Sidecar);
        foreach (var row in rows)
        {
            var (least, most) = row.RangeOf(sample => sample.EngineMicroseconds);
            table.Add(
                row.Engine.Name, Thousands(row.MedianOf(sample => sample.SentPerSecond)),
                Thousands(row.MedianOf(sample => sample.ForwardedPerSecond)),
                row.MedianOf(sample => sample.Bytes) == 0 ? "-" : Text(row.MedianOf(sample => sample.Gigabits)),
                Percent(row.MedianOf(sample => sample.LostShare)), Text(row.MedianOf(sample => sample.EngineMicroseconds)),
                $"{Text(least)} - {Text(most)}",
                Text(row.MedianOf(sample => sample.AllMicroseconds)), Text(sidecar.TimesLessThan(row)));
        }

        return table;
    }

    private static Table Latency(Results results)
    {
        var table = new Table(
            ["engine", .. Sections.Latency.Rates.SelectMany(rate => (string[])[$"{rate / 1000} kpps", "CPU"])]);
        foreach (var engine in results.Latency.GroupBy(result => result.Engine))
        {
            table.Add(
            [
                engine.Key.Name,
                .. engine.SelectMany(result => (string[])
                [
                    $"{Text(result.MedianOf(sample => sample.P50))} / {Text(result.MedianOf(sample => sample.P99))}" + Lost(result),
                    Text(result.MedianOf(sample => sample.Cpu)),
                ]),
            ]);
        }

        return table;
    }

    private static string Lost(LatencyResult result) =>
        result.MedianOf(sample => sample.LostShare) is var lost and > 0 ? $" ({Percent(lost)} lost)" : "";

    private static Table Process(Results results)
    {
        var (memory, table) = (results.Idle.Memory, new Table("armed and idle", ""));
        table.Add("exec to armed, ms", Text(results.Idle.ArmedMilliseconds));
        table.Add("resident memory, MiB", Mebibytes(memory.Resident));
        table.Add("of that packet rings, MiB", Mebibytes(memory.Rings));
        table.Add("wake-ups a second", Text(results.Idle.WakeUpsPerSecond));
        table.Add($"memory touched over {results.Allocation.Frames} frames, KiB", $"{results.Allocation.AtMostBytes / 1024}");
        return table;
    }

    private static Table SenderCost(Results results)
    {
        var table = new Table("sidecar", "CPU us/frame", "more than without");
        foreach (var state in results.SenderCost)
            table.Add(state.State, Text(state.Microseconds), Text(state.MoreThan(results.SenderCost[0])));
        return table;
    }

    private static Table Consumer(Results results)
    {
        var table = new Table("frames", "sent kpps", "taken kpps", "lost", "sidecar's CPU us/frame", "QEMU's CPU us/frame");
        foreach (var result in results.Consumer)
        {
            table.Add(
                result.Traffic.Name, Thousands(result.MedianOf(sample => sample.SentPerSecond)),
                Thousands(result.MedianOf(sample => sample.TakenPerSecond)), Percent(result.MedianOf(sample => sample.LostShare)),
                Text(result.MedianOf(sample => sample.SidecarCpu)), Text(result.MedianOf(sample => sample.QemuCpu)));
        }

        return table;
    }

    private static Table Growth(Results results)
    {
        var table = new Table(
            "processes x redirectors", "RSS without rings MiB", "rings MiB", "PSS MiB", "wake-ups/s idle", "CPU us/frame");
        foreach (var row in results.Growth)
        {
            table.Add(
                $"{row.Processes} x {row.Redirectors}", Mebibytes(row.Memory.Resident - row.Memory.Rings), Mebibytes(row.Memory.Rings),
                Mebibytes(row.Memory.Proportional), Text(row.WakeUpsPerSecond), Text(row.CpuMicroseconds));
        }

        return table;
    }
}
