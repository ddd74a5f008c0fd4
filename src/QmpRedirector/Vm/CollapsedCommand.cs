using QmpRedirector.Qmp;

namespace QmpRedirector.Vm;

/// <summary>
/// A query whose answers supersede one another: at most one in flight, and however often it is asked for meanwhile, one more after it.
/// For one thread. What <paramref name="send"/> throws, <see cref="TakeAsync"/> throws.
/// </summary>
internal sealed class CollapsedCommand(Func<Task<QmpReply?>> send)
{
    private static readonly Task Never = new TaskCompletionSource().Task;

    private Task<QmpReply?>? _inFlight;
    private bool _again;

    /// <summary>Completes when the query in flight is answered; never while there is none.</summary>
    public Task InFlight => _inFlight ?? Never;

    /// <summary>Whether none is in flight, nor an answer to take.</summary>
    public bool IsIdle => _inFlight is null;

    /// <summary>Whether <see cref="TakeAsync"/> has something to take.</summary>
    public bool IsAnswered => _inFlight is { IsCompleted: true };

    public void Request()
    {
        if (_inFlight is null)
            _inFlight = send();
        else
            _again = true;
    }

    /// <summary>Takes the answer, null if there was none, and sends the query again if it was asked for since.</summary>
    public async ValueTask<QmpReply?> TakeAsync()
    {
        var answered = _inFlight!;
        _inFlight = null;
        var reply = await answered;
        if (_again)
        {
            _again = false;
            Request();
        }
        return reply;
    }

    /// <summary>Waits for the query in flight, if any.</summary>
    public Task StopAsync() => _inFlight ?? Task.CompletedTask;
}
