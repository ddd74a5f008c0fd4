using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace QmpRedirector.Qmp;

/// <summary>
/// One reader's own queue of events, in wire order. It ends when the connection closes or it is disposed, after what it holds has
/// been read. A listener that is not read keeps its newest events and counts the others in <see cref="Dropped"/>; it never delays
/// replies or other listeners.
/// </summary>
public sealed class QmpEventListener : IAsyncEnumerable<QmpEvent>, IDisposable
{
    private readonly Action<QmpEventListener> _onDispose;
    private readonly FrozenSet<string>? _names;
    private readonly Channel<QmpEvent> _queue;
    private long _dropped;
    private volatile bool _completed;

    internal QmpEventListener(string[] names, int capacity, Action<QmpEventListener> onDispose)
    {
        _names = names.Length == 0 ? null : names.ToFrozenSet(StringComparer.Ordinal);
        _queue = Channel.CreateBounded<QmpEvent>(new BoundedChannelOptions(capacity) { SingleWriter = true });
        _onDispose = onDispose;
    }

    /// <summary>
    /// Events lost because this listener was not read in time. It is raised before the event after the gap can be read, so a reader
    /// that compares it on every event cannot overlook a loss; it should then re-query what it follows.
    /// </summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Takes the next event if there is one now.</summary>
    public bool TryRead([NotNullWhen(true)] out QmpEvent? next) => _queue.Reader.TryRead(out next);

    /// <summary>Completes with true when an event can be read, with false when none will come any more.</summary>
    public ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default) =>
        _queue.Reader.WaitToReadAsync(cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerator<QmpEvent> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        _queue.Reader.ReadAllAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);

    /// <summary>Takes the listener off its client; what it holds can still be read.</summary>
    public void Dispose()
    {
        _onDispose(this);
        Complete();
    }

    internal bool Wants(string name) => _names is null || _names.Contains(name);

    internal void Complete()
    {
        _completed = true;
        _queue.Writer.TryComplete();
    }

    /// <summary>Queues an event, at the cost of the oldest if need be. Returns whether this was the first loss.</summary>
    internal bool Post(QmpEvent posted)
    {
        var first = false;
        // Not BoundedChannelFullMode.DropOldest: that reports the loss after the new event is readable.
        while (!_queue.Writer.TryWrite(posted))
        {
            if (_completed)
                return first;
            if (_queue.Reader.TryRead(out _))
                first |= Interlocked.Increment(ref _dropped) == 1;
        }
        return first;
    }
}
