using Microsoft.Extensions.Time.Testing;

namespace QmpRedirector.Testing;

/// <summary>A clock that stands still until it is advanced, and tells when somebody has begun to wait by it.</summary>
public sealed class StandingClock : FakeTimeProvider
{
    private readonly Signal _timerSet = new();
    private int _timers;
    private int _awaited;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        if (dueTime != Timeout.InfiniteTimeSpan)
            Interlocked.Increment(ref _timers);
        _timerSet.Pulse();
        return timer;
    }

    /// <summary>How often a timer has been set.</summary>
    public int Timers => Volatile.Read(ref _timers);

    /// <summary>Until one more timer has been set, since the last that was waited for.</summary>
    public async Task TimerSetAsync()
    {
        var awaited = ++_awaited;
        await _timerSet.WaitUntilAsync(() => Volatile.Read(ref _timers) >= awaited, "somebody to wait by the clock");
    }
}
