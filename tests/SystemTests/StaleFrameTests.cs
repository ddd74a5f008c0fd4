using System.Globalization;
using System.Text.RegularExpressions;
using QmpRedirector.SystemTests.Kit;
using Capture = QmpRedirector.SystemTests.Kit.Capture;

namespace QmpRedirector.SystemTests;

/// <summary>Nothing from a time when the redirector was not active is ever sent, however often it changes and whatever the load.</summary>
[TestFixture]
[NonParallelizable]
internal sealed partial class StaleFrameTests
{
    private const int Cycles = 100;
    private const int FramesPerTick = 20;

    /// <summary>Ticks (of a millisecond at least) of load while the VM is stopped.</summary>
    private const int StoppedTicks = 60;

    /// <summary>How long after RESUME the first frame may be forwarded at the latest; the typical figure is printed.</summary>
    private static readonly TimeSpan OpeningTolerance = TimeSpan.FromSeconds(1);

    /// <summary>How long after STOP the capture is typically closed at the latest, even on a busy machine.</summary>
    private static readonly TimeSpan ClosingTolerance = TimeSpan.FromMilliseconds(40);

    /// <summary>An event's stamp, and the lag behind it, are cut off to whole microseconds.</summary>
    private static readonly TimeSpan EventResolution = TimeSpan.FromMicroseconds(1);

    [Test]
    public async Task A_hundred_stops_and_conts_under_load_forward_exactly_the_frames_of_the_running_times()
    {
        await using var capture = await Capture.StartAsync(qemuArguments: "-S");
        var log = new SendLog();
        using var end = new CancellationTokenSource();
        var load = Task.Run(() => SendUntilAsync(capture.Sender, log, end.Token), CancellationToken.None);
        var events = new List<(DateTimeOffset Resume, DateTimeOffset Stop)>();

        for (var cycle = 0; cycle < Cycles; cycle++)
        {
            // Time enough for frames that must not be forwarded, and then for some that must.
            await SentMoreAsync(StoppedTicks * FramesPerTick);
            var resumed = await capture.Qemu.Qmp.ContinueAsync();
            var sentAtResume = log.Count;
            await Eventually.ThatAsync(() => capture.Peer.LastNumber >= sentAtResume, "a frame sent after RESUME is forwarded");
            await SentMoreAsync(FramesPerTick);
            events.Add((resumed.At, (await capture.Qemu.Qmp.StopAsync()).At));
        }

        await SentMoreAsync(StoppedTicks * FramesPerTick);
        await end.CancelAsync();
        await load;
        var report = await capture.StopAsync();

        var received = Probe.NumbersWithout(capture.Peer);
        Assert.That(received, Is.Ordered.Ascending.And.Unique);
        Assert.That(report.KernelDropped, Is.Zero, "frames lost in the kernel, without which the periods below have no gaps");
        Accounting.Holds(report, received.Length, log.Count, capture.Peer);
        var closings = ClosingLags(capture.Sidecar.Error);
        Assert.That(closings, Has.Count.EqualTo(Cycles), "STOPs that disarmed it");
        var lags = Check([.. events.Zip(closings, (e, lag) => (e.Resume, e.Stop, e.Stop + lag))], received, log, report.Late);
        Assert.That(closings.Order().ElementAt(Cycles / 2), Is.LessThan(ClosingTolerance));
        await TestContext.Out.WriteLineAsync(
            $"{received.Length} of {log.Count} frames forwarded, {report.Late} of them sent after STOP. First forwarded frame "
            + $"after RESUME: median {lags[Cycles / 2].TotalMicroseconds:F0} us, worst {lags[^1].TotalMicroseconds:F0} us, "
            + "most of it the wait for the load's next tick.");

        Task SentMoreAsync(int frames)
        {
            var target = log.Count + frames;
            return Eventually.ThatAsync(() => log.Count >= target, "the load goes on");
        }
    }

    /// <summary>How long after each STOP the capture was closed, as the sidecar tells.</summary>
    private static List<TimeSpan> ClosingLags(string log) =>
    [
        .. ClosingLag().Matches(log).Select(match => match.Groups[1].Value)
            .Select(microseconds => TimeSpan.FromMicroseconds(long.Parse(microseconds, CultureInfo.InvariantCulture))),
    ];

    [GeneratedRegex(@"f0: disarmed \(STOP event: .*; [0-9]+ us, ([0-9]+) us after the event\)")]
    private static partial Regex ClosingLag();

    /// <summary>
    /// Every received frame belongs to a period and was sent before that was closed: by STOP, or if it is counted as late, before STOP had
    /// arrived and the capture was closed. Every period has no gap from its first frame to its STOP. The opening lags, sorted.
    /// </summary>
    private static List<TimeSpan> Check(
        List<(DateTimeOffset Resume, DateTimeOffset Stop, DateTimeOffset Closed)> periods, int[] received, SendLog log, long late)
    {
        var lags = new List<TimeSpan>();
        var next = 0;
        var (surelyLate, perhapsLate) = (0, 0);
        foreach (var (resume, stop, closed) in periods)
        {
            var first = next;
            // The kernel stamps a frame between the generator's two readings of the same clock, so either reading is a bound.
            while (next < received.Length && log.Before(received[next]) <= closed + EventResolution)
            {
                if (log.After(received[next]) < resume)
                    Assert.Fail($"Frame {received[next]} is stale: sent before the RESUME of {resume:O}.");
                if (log.Before(received[next]) > stop + EventResolution) surelyLate++;
                else if (log.After(received[next]) >= stop) perhapsLate++;
                next++;
            }

            Assert.That(next, Is.GreaterThan(first), $"frames of the time from {resume:O} to {stop:O}");
            for (var number = received[first]; number < log.Count && log.After(number) < stop; number++)
            {
                if (number - received[first] >= next - first || received[first + number - received[first]] != number)
                    Assert.Fail($"Frame {number} was sent while the VM ran and is missing.");
            }

            lags.Add(log.After(received[first]) - resume);
        }

        if (next < received.Length) Assert.Fail($"Frame {received[next]} is stale: sent after the last STOP.");
        Assert.That(late, Is.InRange(surelyLate, surelyLate + perhapsLate), "frames reported as late against frames sent after STOP");
        lags.Sort();
        Assert.That(lags[^1], Is.LessThan(OpeningTolerance));
        return lags;
    }

    private static async Task SendUntilAsync(FrameSender sender, SendLog log, CancellationToken end)
    {
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        while (!end.IsCancellationRequested)
        {
            for (var i = 0; i < FramesPerTick; i++) log.Send(sender);
            await ticks.WaitForNextTickAsync(CancellationToken.None);
        }
    }
}
