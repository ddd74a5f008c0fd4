using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.LabTests;

/// <summary>
/// Sends the next numbered frame to the guest's sink at every tick, 500 a second at most: a tick that comes late is not made up for, as a
/// burst could fill the TAP's ring.
/// </summary>
internal sealed class NumberedLoad : IAsyncDisposable
{
    private static readonly TimeSpan _tick = TimeSpan.FromMilliseconds(2);

    private readonly CancellationTokenSource _end = new();
    private readonly Task _sending;
    private bool _ended;

    public NumberedLoad(FrameSender sender) => _sending = Task.Run(() => SendAsync(sender));

    public SendLog Log { get; } = new(Frames.SinkPort);

    /// <summary>The frames a second there really were.</summary>
    public double Rate => (Log.Count - 1) / (Log.Before(Log.Count - 1) - Log.Before(0)).TotalSeconds;

    public Task SentMoreAsync(int frames)
    {
        var target = Log.Count + frames;
        return Eventually.ThatAsync(() => _sending.IsFaulted || Log.Count >= target, "the load goes on");
    }

    public async Task EndAsync()
    {
        if (_ended) return;
        _ended = true;
        await _end.CancelAsync();
        await _sending;
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _end.Dispose();
    }

    private async Task SendAsync(FrameSender sender)
    {
        using var ticks = new PeriodicTimer(_tick);
        while (!_end.IsCancellationRequested)
        {
            Log.Send(sender);
            await ticks.WaitForNextTickAsync(CancellationToken.None);
        }
    }
}
