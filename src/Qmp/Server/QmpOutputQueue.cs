using System.Threading.Channels;

namespace QmpRedirector.Qmp;

/// <summary>Lines on their way to one client, bounded in bytes.</summary>
/// <param name="limit">Bytes from which on events do not fit; replies wait for a quarter of it before the next request is looked
/// at.</param>
internal sealed class QmpOutputQueue(int limit)
{
    private readonly Lock _lock = new();
    private readonly Channel<byte[]> _lines = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true });
    private TaskCompletionSource? _room;
    private long _unsent;

    /// <summary>Queues a reply. The bound is kept by <see cref="WaitForRoomAsync"/> before the command is executed.</summary>
    public void PostReply(byte[] line)
    {
        lock (_lock)
            Post(line);
    }

    /// <summary>Queues an event, unless the client has left too much unread.</summary>
    public bool TryPostEvent(byte[] line)
    {
        lock (_lock)
        {
            if (_unsent + line.Length > limit)
                return false;
            Post(line);
            return true;
        }
    }

    /// <summary>Waits until at most a quarter of the bound is unsent.</summary>
    public Task WaitForRoomAsync(CancellationToken ct)
    {
        lock (_lock)
        {
            if (_unsent <= limit / 4)
                return Task.CompletedTask;
            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task.WaitAsync(ct);
        }
    }

    /// <summary>The next line to send; null when there will be no more.</summary>
    public async ValueTask<byte[]?> TakeAsync(CancellationToken ct) =>
        await _lines.Reader.WaitToReadAsync(ct) && _lines.Reader.TryRead(out var line) ? line : null;

    /// <summary>Counts a line off that the kernel has taken.</summary>
    public void Sent(byte[] line)
    {
        lock (_lock)
        {
            _unsent -= line.Length;
            if (_unsent > limit / 4)
                return;
            _room?.SetResult();
            _room = null;
        }
    }

    /// <summary>Takes no more lines; what is queued can still be sent.</summary>
    public void Complete() => _lines.Writer.TryComplete();

    private void Post(byte[] line)
    {
        if (_lines.Writer.TryWrite(line))
            _unsent += line.Length;
    }
}
