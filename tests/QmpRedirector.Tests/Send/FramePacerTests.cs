using Microsoft.Extensions.Time.Testing;
using QmpRedirector.Send;
using QmpRedirector.Testing;

namespace QmpRedirector.Tests.Send;

internal sealed class FramePacerTests
{
    private const long First = 1_775_000_000_000_000_000;
    private const long Millisecond = 1_000_000;

    private readonly FakeTimeProvider _time = new();

    [Test]
    public async Task A_frame_waits_for_its_distance_from_the_first()
    {
        FramePacer pacer = new(_time);
        await pacer.WaitAsync(First, default);
        var second = pacer.WaitAsync(First + 250 * Millisecond, default).AsTask();

        _time.Advance(TimeSpan.FromMilliseconds(249));
        Assert.That(second.IsCompleted, Is.False);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await second.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Test]
    public async Task Late_frames_do_not_delay_those_behind_them()
    {
        FramePacer pacer = new(_time);
        await pacer.WaitAsync(First, default);
        _time.Advance(TimeSpan.FromMilliseconds(100));

        Assert.That(pacer.WaitAsync(First + 40 * Millisecond, default).AsTask().IsCompletedSuccessfully, Is.True, "it is late already");
        Assert.That(pacer.WaitAsync(First + 100 * Millisecond, default).AsTask().IsCompletedSuccessfully, Is.True, "it is due");
        Assert.That(pacer.WaitAsync(First + 101 * Millisecond, default).AsTask().IsCompleted, Is.False, "it is not due");
    }

    [TestCase(null)]
    [TestCase(First - 1)]
    [TestCase(long.MinValue)]
    public async Task A_frame_without_a_time_or_of_an_earlier_one_goes_at_once(long? time)
    {
        FramePacer pacer = new(_time);
        await pacer.WaitAsync(First, default);
        Assert.That(pacer.WaitAsync(time, default).AsTask().IsCompletedSuccessfully, Is.True);
    }

    [Test]
    public async Task A_fraction_of_a_millisecond_is_waited_out_whole()
    {
        FramePacer pacer = new(_time);
        await pacer.WaitAsync(First, default);
        var second = pacer.WaitAsync(First + 1, default).AsTask();
        Assert.That(second.IsCompleted, Is.True, "less than a clock can tell");
        var third = pacer.WaitAsync(First + 1000, default).AsTask();
        Assert.That(third.IsCompleted, Is.False);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await third.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Test]
    public async Task A_wait_of_years_begins_and_can_be_cancelled()
    {
        using CancellationTokenSource stop = new();
        FramePacer pacer = new(_time);
        await pacer.WaitAsync(long.MinValue, default);
        var waiting = pacer.WaitAsync(long.MaxValue, stop.Token).AsTask();
        _time.Advance(TimeSpan.FromDays(400));
        Assert.That(waiting.IsCompleted, Is.False);

        await stop.CancelAsync();

        Assert.That(async () => await waiting.WaitAsync(TimeSpan.FromSeconds(10)), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task With_realtime_frames_are_sent_when_their_time_has_come()
    {
        TimerWatch time = new();
        var file = CaptureFiles.Pcapng(([1], 0), ([2], 0), ([3], 1000), ([4], 5000));
        using SendRun run = new(file, new SendSettings { Realtime = true }, time);
        using var peer = await run.AcceptAsync();
        var buffer = new byte[100];

        Assert.That(await ReceiveAsync(10), Is.EqualTo("0000000101" + "0000000102"));
        await time.WaitForTimersAsync(1);
        time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.That(peer.Available, Is.Zero);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.That(await ReceiveAsync(5), Is.EqualTo("0000000103"));
        await time.WaitForTimersAsync(2);
        time.Advance(TimeSpan.FromSeconds(4));
        Assert.That(await ReceiveAsync(5), Is.EqualTo("0000000104"));
        peer.Dispose();

        var (exitCode, lines) = await run.EndAsync();
        Assert.That((exitCode, lines[0]), Is.EqualTo((0, "4 frames, 4 bytes sent in 5.000 s")));

        async Task<string> ReceiveAsync(int count)
        {
            var received = 0;
            while (received < count)
                received += await Bounded.WaitAsync(peer.ReceiveAsync(buffer.AsMemory(received, count - received)).AsTask(), "frames");
            return Convert.ToHexString(buffer, 0, count);
        }
    }

    /// <summary>Knows how many timers were started: time that moves on before one is would move on without it.</summary>
    private sealed class TimerWatch : FakeTimeProvider
    {
        private readonly Signal _started = new();
        private int _timers;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            Interlocked.Increment(ref _timers);
            _started.Pulse();
            return timer;
        }

        public Task WaitForTimersAsync(int count) => _started.WaitUntilAsync(() => Volatile.Read(ref _timers) >= count, $"{count} timers");
    }
}
