using System.Globalization;
using System.Text.RegularExpressions;
using QmpRedirector.Benchmarks.Engines;
using QmpRedirector.Benchmarks.Measuring;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.Benchmarks.Sections;

/// <summary>What the sidecar costs where no frames are, and how fast it is there.</summary>
internal static partial class Idle
{
    private static readonly TimeSpan _day = TimeSpan.FromDays(1);

    /// <summary>Says when the shell became the sidecar, by the clock of the sidecar's log.</summary>
    private static readonly string[] _tellWhenStarted =
        ["bash", "-c", "export TZ=UTC; echo \"exec ${EPOCHREALTIME/,/.}\" >&2; exec \"$@\"", "bash"];

    public static async Task<IdleResult> MeasureAsync(World world)
    {
        Progress.Tell("idle: start, memory, wake-ups");
        await using var reader = await world.StartReaderAsync();
        var starts = new List<double>();
        for (var i = 0; i < world.Settings.Starts; i++)
        {
            await using var started = await SidecarEngine.StartAsync(
                world, restricted: false, SidecarEngine.Options(world, 0, 1), _tellWhenStarted);
            await started.StopAsync();
            starts.Add(ExecToArmed(started.Error));
        }

        await using var sidecar = await SidecarEngine.StartAsync(world, restricted: false, SidecarEngine.Options(world, 0, 1));
        var wakeUps = await WakeUpsPerSecondAsync(world, [sidecar.Id]);
        return new IdleResult(Median.Of(starts), ProcessMemory.Of(sidecar.Id), wakeUps);
    }

    /// <summary>Counted after a while: the runtime's own threads calm down first.</summary>
    public static async Task<double> WakeUpsPerSecondAsync(World world, IReadOnlyCollection<int> processes)
    {
        await Task.Delay(TimeSpan.FromSeconds(world.Settings.CalmSeconds), world.Cancellation);
        var started = TimeProvider.System.GetTimestamp();
        var before = processes.SelectMany(ProcessCpu.WakeUps).ToDictionary();
        await Task.Delay(TimeSpan.FromSeconds(world.Settings.IdleSeconds), world.Cancellation);
        // A thread that has ended since has taken its count along.
        var wakeUps = processes.SelectMany(ProcessCpu.WakeUps).Sum(thread => thread.Value - before.GetValueOrDefault(thread.Key));
        return wakeUps / TimeProvider.System.GetElapsedTime(started).TotalSeconds;
    }

    private static double ExecToArmed(string error)
    {
        var (exec, armed) = (Exec().Match(error), Armed().Match(error));
        Assert.That(exec.Success && armed.Success, Is.True, $"when it was started and armed: {error}");
        var started = TimeSpan.FromSeconds(double.Parse(exec.Groups[1].Value, CultureInfo.InvariantCulture) % _day.TotalSeconds);
        var took = TimeSpan.Parse(armed.Groups[1].Value, CultureInfo.InvariantCulture) - started;
        // The log has no date, and midnight may come between.
        return (took < TimeSpan.Zero ? took + _day : took).TotalMilliseconds;
    }

    [GeneratedRegex(@"^exec (\S+)", RegexOptions.Multiline)]
    private static partial Regex Exec();

    [GeneratedRegex(@"^(\S+) f0: armed on ", RegexOptions.Multiline)]
    private static partial Regex Armed();
}
