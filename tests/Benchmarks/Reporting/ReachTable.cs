using QmpRedirector.Benchmarks.Engines;
using QmpRedirector.Benchmarks.Measuring;
using QmpRedirector.Benchmarks.Sections;
using static QmpRedirector.Benchmarks.Reporting.Numbers;

namespace QmpRedirector.Benchmarks.Reporting;

/// <summary>The figures the data path was built to reach, beside what was measured.</summary>
internal sealed class ReachTable
{
    private readonly Results _results;
    private readonly Table _table = new("what", "measured", "aim", "reached");

    private ReachTable(Results results) => _results = results;

    public static Table Of(Results results)
    {
        var reach = new ReachTable(results);
        reach.AddFrames(AllEngines.Sidecar, "");
        reach.AddLatency(AllEngines.Sidecar, "");
        reach.AddComparisons();
        reach.AddReferences();
        reach.AddProcess();
        reach.AddFrames(AllEngines.RestrictedSidecar, "CAP_NET_RAW alone: ");
        reach.AddLatency(AllEngines.RestrictedSidecar, "CAP_NET_RAW alone: ");
        return reach._table;
    }

    private void AddFrames(Engine engine, string prefix)
    {
        AddAtFullRate(Traffic.Small, 0.15, "0.15 us, none lost");
        AddAtFullRate(Traffic.Full, 0.45, "0.45 us");

        var super = The(engine, Traffic.SuperFrames);
        var (cost, gigabits) = (super.MedianOf(sample => sample.EngineMicroseconds), super.MedianOf(sample => sample.Gigabits));
        Add(
            $"{prefix}64 KiB GSO, CPU for a frame", $"{Text(cost)} us, {Text(gigabits)} Gbit/s", "10 us, 18 Gbit/s",
            cost <= 10 && gigabits >= 18);

        void AddAtFullRate(Traffic traffic, double most, string aim)
        {
            var result = The(engine, traffic);
            var (used, lost) = (result.MedianOf(sample => sample.EngineMicroseconds), result.MedianOf(sample => sample.LostShare));
            Add(
                $"{prefix}{traffic.Name} at full rate, CPU for a frame", $"{Text(used)} us, {Percent(lost)} lost", aim,
                used <= most && (traffic != Traffic.Small || lost == 0));
        }
    }

    private void AddLatency(Engine engine, string prefix)
    {
        foreach (var result in _results.Latency.Where(result => result.Engine == engine))
        {
            var (p50, p99) = (result.MedianOf(sample => sample.P50), result.MedianOf(sample => sample.P99));
            Add(
                $"{prefix}latency p50 / p99 at {result.Rate / 1000} kpps", $"{Text(p50)} / {Text(p99)} us", "40 / 150 us",
                p50 <= 40 && p99 <= 150);
        }
    }

    private void AddComparisons()
    {
        foreach (var (traffic, least) in ((Traffic, double)[])[(Traffic.Small, 30), (Traffic.Full, 10)])
        {
            var times = The(AllEngines.Sidecar, traffic).TimesLessThan(The(AllEngines.Rfc, traffic));
            Add($"{traffic.Name}: less CPU than the RFC's loop in C", $"{Text(times)} times", $"{least} times", times >= least);
        }

        foreach (var traffic in (Traffic[])[Traffic.Small, Traffic.Full, Traffic.SuperFrames])
        {
            var own = The(AllEngines.Sidecar, traffic);
            var best = AllEngines.BestC.Select(engine => The(engine, traffic))
                .MinBy(result => result.MedianOf(sample => sample.EngineMicroseconds))!;
            var times = best.TimesLessThan(own);
            Add($"{traffic.Name}: CPU against the best C", $"{Text(times)} of {best.Engine.Name}", "1.10", times <= 1.10);
        }
    }

    /// <summary>The references have to be as good as in the measurements the aims were taken from, give or take 30 %.</summary>
    private void AddReferences()
    {
        foreach (var (engine, traffic, before) in ((Engine, Traffic, double)[])
            [
                (AllEngines.RingV3, Traffic.Small, 0.093), (AllEngines.RingV3, Traffic.Full, 0.39),
                (AllEngines.RingV2, Traffic.Small, 0.50), (AllEngines.RingV2, Traffic.Full, 0.59),
            ])
        {
            var cost = The(engine, traffic).MedianOf(sample => sample.EngineMicroseconds);
            Add($"{engine.Name}, {traffic.Name}: CPU for a frame", $"{Text(cost)} us", $"{Text(before)} us + 30 %", cost <= 1.3 * before);
        }
    }

    private void AddProcess()
    {
        var (idle, allocation) = (_results.Idle, _results.Allocation);
        Add(
            $"allocated and collected over {allocation.Frames} frames",
            $"at most {allocation.AtMostBytes / 1024} KiB, {(allocation.AllowsCollection ? "collections possible" : "no collection")}",
            "nothing a frame, none", (double)allocation.AtMostBytes / allocation.Frames < 1 && !allocation.AllowsCollection);
        var memory = idle.Memory.Resident - idle.Memory.Rings;
        Add("resident memory idle, without rings", $"{Mebibytes(memory)} MiB", "20 MiB", memory <= 20 * 1024);
        Add("exec to armed", $"{Text(idle.ArmedMilliseconds)} ms", "50 ms", idle.ArmedMilliseconds <= 50);
        Add("wake-ups a second, armed and idle", Text(idle.WakeUpsPerSecond), "1", idle.WakeUpsPerSecond <= 1);
        var (without, disarmed) = (_results.SenderCost[0], _results.SenderCost[1]);
        Add("disarmed: cost for the sender of a frame", $"{Text(disarmed.MoreThan(without))} us", "stated", null);
    }

    private ThroughputResult The(Engine engine, Traffic traffic) =>
        _results.Throughput.Single(result => result.Engine == engine && result.Traffic == traffic);

    private void Add(string what, string measured, string aim, bool? reached) =>
        _table.Add(what, measured, aim, reached switch { true => "yes", false => "no", null => "" });
}
