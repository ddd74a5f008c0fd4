using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.LabTests;

/// <summary>
/// Sends numbered frames to the guest's sink at an even pace. What a busy machine has delayed is made up for slowly: a burst could fill
/// the TAP's ring.
/// </summary>
internal sealed class NumberedLoad : IAsyncDisposable
{
    private const int PerSecond = 250;
    private const int MostPerTick = 2;

    private static readonly TimeSpan _tick = TimeSpan.FromMilliseconds(2);

    private readonly ManualResetEvent _end = new(initialState: false);
    private readonly Task _sending;

    /// <summary>On a thread of its own: by the pool's a tick would take too long in the lab.</summary>
    public NumberedLoad(FrameSender sender) => _sending = Task.Factory.StartNew(
        () => Send(sender), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public SendLog Log { get; } = new(Frames.SinkPort);

    /// <summary>The frames a second there really were.</summary>
    public double Rate => (Log.Count - 1) / (Log.Before(Log.Count - 1) - Log.Before(0)).TotalSeconds;

    public Task SentMoreAsync(int frames)
    {
        var target = Log.Count + frames;
        return Eventually.ThatAsync(() => _sending.IsFaulted || Log.Count >= target, "the load goes on");
    }

    public Task EndAsync()
    {
        _end.Set();
        return _sending;
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _end.Dispose();
    }

    private void Send(FrameSender sender)
    {
        var started = TimeProvider.System.GetTimestamp();
        do
        {
            var due = TimeProvider.System.GetElapsedTime(started).TotalSeconds * PerSecond;
            for (var i = 0; i < MostPerTick && Log.Count < due; i++) Log.Send(sender);
        }
        while (!_end.WaitOne(_tick));
    }
}
