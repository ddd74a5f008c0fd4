namespace QmpRedirector.SystemTests.Kit;

/// <summary>
/// When each numbered frame was sent, by CLOCK_REALTIME read before and after: the clock of QMP's events and of kernel frame stamps.
/// </summary>
internal sealed class SendLog(ushort port = Frames.EchoPort)
{
    private readonly Lock _lock = new();
    private readonly List<(DateTimeOffset Before, DateTimeOffset After)> _times = [];

    public int Count
    {
        get
        {
            lock (_lock) return _times.Count;
        }
    }

    /// <summary>Sends the next number.</summary>
    public void Send(FrameSender sender)
    {
        var frame = Frames.Numbered(Count, port: port);
        var before = TimeProvider.System.GetUtcNow();
        sender.Send(frame);
        var after = TimeProvider.System.GetUtcNow();
        lock (_lock) _times.Add((before, after));
    }

    public DateTimeOffset Before(int number)
    {
        lock (_lock) return _times[number].Before;
    }

    public DateTimeOffset After(int number)
    {
        lock (_lock) return _times[number].After;
    }
}
