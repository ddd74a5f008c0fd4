using System.Text.Json;
using System.Threading.Channels;

namespace QmpRedirector.Qmp.Wire;

/// <summary>
/// The commands without a reply, by id, and those of them still to be sent, in the same order. A command that timed out stays until
/// its late reply has come, so that a reply without id, which goes to the oldest, is never given to a younger one.
/// </summary>
internal sealed class QmpPendingCommands
{
    /// <summary>More commands than this unanswered mean that the peer has stopped answering.</summary>
    internal const int Capacity = 1024;

    private readonly Lock _lock = new();
    private readonly OrderedDictionary<long, QmpPendingCommand> _byId = [];
    private readonly Channel<QmpPendingCommand> _outgoing =
        Channel.CreateBounded<QmpPendingCommand>(new BoundedChannelOptions(Capacity) { SingleReader = true });

    private long _lastId;

    /// <summary>What is to be sent. It ends with <see cref="Close"/>.</summary>
    public ChannelReader<QmpPendingCommand> Outgoing => _outgoing.Reader;

    /// <summary>Queues a command under a fresh id; null when there are too many, or after <see cref="Close"/>.</summary>
    public QmpPendingCommand? Add(string command, Func<long, ReadOnlyMemory<byte>> encode)
    {
        lock (_lock)
        {
            if (_byId.Count == Capacity)
                return null;
            var id = ++_lastId;
            var pending = new QmpPendingCommand(id, command, encode(id));
            if (!_outgoing.Writer.TryWrite(pending))
                return null;
            _byId.Add(id, pending);
            return pending;
        }
    }

    public void Remove(QmpPendingCommand pending)
    {
        lock (_lock)
            _byId.Remove(pending.Id);
    }

    /// <summary>Takes the command a reply belongs to; without an id (a request QEMU could not parse has none) the oldest.</summary>
    public QmpPendingCommand? Take(JsonElement? id)
    {
        lock (_lock)
        {
            QmpPendingCommand? found = null;
            if (id is null)
                found = _byId.Count > 0 ? _byId.GetAt(0).Value : null;
            else if (id.Value.ValueKind == JsonValueKind.Number && id.Value.TryGetInt64(out var number))
                _byId.TryGetValue(number, out found);
            if (found is not null)
                _byId.Remove(found.Id);
            return found;
        }
    }

    /// <summary>Accepts no more and gives out what had no reply.</summary>
    public IReadOnlyList<QmpPendingCommand> Close()
    {
        lock (_lock)
        {
            _outgoing.Writer.TryComplete();
            QmpPendingCommand[] all = [.. _byId.Values];
            _byId.Clear();
            return all;
        }
    }
}
