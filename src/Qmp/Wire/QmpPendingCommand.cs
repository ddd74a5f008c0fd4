namespace QmpRedirector.Qmp.Wire;

/// <summary>A command whose reply has not come.</summary>
internal sealed class QmpPendingCommand(long id, string command, ReadOnlyMemory<byte> request)
{
    private const int Queued = 0;
    private const int Sending = 1;
    private const int Abandoned = 2;

    private readonly TaskCompletionSource<QmpReply> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _state = Queued;

    public long Id => id;

    public string Command => command;

    public ReadOnlyMemory<byte> Request => request;

    public Task<QmpReply> Reply => _reply.Task;

    /// <summary>Completes with the reply, also a late one, or with the connection.</summary>
    public Task Answered => _answered.Task;

    /// <summary>Whether it is still wanted. From here on it is written to its end: half a request would spoil the stream.</summary>
    public bool TryStartSending() => Interlocked.CompareExchange(ref _state, Sending, Queued) == Queued;

    /// <summary>Nobody waits for the reply any more. Returns true if the request was never sent, so that no reply can come.</summary>
    public bool Abandon()
    {
        if (!_reply.TrySetCanceled())
            _ = _reply.Task.Exception; // a failure that came in the same moment counts as observed
        return Interlocked.CompareExchange(ref _state, Abandoned, Queued) == Queued;
    }

    /// <summary>False if nobody waited for it.</summary>
    public bool Complete(QmpReply reply)
    {
        _answered.TrySetResult();
        return _reply.TrySetResult(reply);
    }

    /// <summary>False if nobody waited for it.</summary>
    public bool Fail(Exception exception)
    {
        _answered.TrySetResult();
        return _reply.TrySetException(exception);
    }
}
