using System.Globalization;
using QmpRedirector.Running;
using QmpRedirector.Testing;

namespace QmpRedirector.Tests.Running;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class WatchdogTests
{
    private static readonly TimeSpan _allowed = TimeSpan.FromSeconds(30);
    private readonly Signal _told = new();
    private int _beats;

    [TestCase("30000000", "7", 30d)]
    [TestCase("30000000", null, 30d)]
    [TestCase("30000000", "", 30d)]
    [TestCase("30000000", "8", null)]
    [TestCase("0", "7", null)]
    [TestCase("-5", "7", null)]
    [TestCase("soon", "7", null)]
    [TestCase("99999999999999999999", "7", null)]
    [TestCase("9000000000000000000", "7", null)]
    [TestCase(null, "7", null)]
    public void It_beats_where_systemd_asks_this_process_for_it(string? microseconds, string? pid, double? seconds)
    {
        TimeSpan? allowed = Watchdog.Allowed(name => name == "WATCHDOG_USEC" ? microseconds : pid, 7);

        Assert.That(allowed?.TotalSeconds, Is.EqualTo(seconds), string.Create(CultureInfo.InvariantCulture, $"{microseconds} for {pid}"));
    }

    [Test]
    public async Task It_tells_at_once_and_then_at_half_the_time()
    {
        StandingClock clock = new();
        using CancellationTokenSource stop = new();
        Task running = new Watchdog(_allowed, _ => Task.CompletedTask, Tell, clock).RunAsync(stop.Token);
        await BeatsAsync(1);

        clock.Advance(_allowed / 2);
        await BeatsAsync(2);
        clock.Advance(_allowed / 2);
        await BeatsAsync(3);

        await stop.CancelAsync();
        Assert.That(async () => await running.WaitAsync(TimeSpan.FromSeconds(10)), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task It_tells_nothing_while_the_proof_does_not_come()
    {
        StandingClock clock = new();
        using CancellationTokenSource stop = new();
        TaskCompletionSource proof = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task running = new Watchdog(_allowed, token => proof.Task.WaitAsync(token), Tell, clock).RunAsync(stop.Token);

        clock.Advance(_allowed * 3);
        Assert.That(_beats, Is.Zero);
        proof.SetResult();
        await BeatsAsync(1);

        await stop.CancelAsync();
        Assert.That(async () => await running.WaitAsync(TimeSpan.FromSeconds(10)), Throws.InstanceOf<OperationCanceledException>());
    }

    private void Tell()
    {
        Interlocked.Increment(ref _beats);
        _told.Pulse();
    }

    private Task BeatsAsync(int count) => _told.WaitUntilAsync(() => Volatile.Read(ref _beats) >= count, $"beat {count}");
}
