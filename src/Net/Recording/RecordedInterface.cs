using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net;

/// <summary>
/// The recording thread's side of one <see cref="FrameRecorder"/>: which pcapng interface it is, and what is still to be told.
/// </summary>
internal sealed class RecordedInterface(FrameRecorder recorder)
{
    // Comments wait for a frame. A VM that is stopped and continued for ever without one must not grow this without bound.
    private const int MostPending = 64;

    private readonly List<RecordingNote> _pending = [];
    private readonly List<string> _due = [];
    private string? _name;
    private int? _index;
    private int? _id;
    private int _forgotten;
    private int _unconfirmed;

    internal FrameRecorder Recorder => recorder;

    /// <summary>Its statistics are written; nothing more will come.</summary>
    internal bool IsFinished { get; private set; }

    /// <summary>There is nothing to write before somebody adds something.</summary>
    internal bool IsIdle => recorder.Ring.IsEmpty && (IsFinished || !recorder.IsClosed);

    /// <summary>Writes frames until there is no more or <paramref name="chunk"/>, which the writer fills, has the length.</summary>
    /// <returns>False when there was none.</returns>
    internal bool Write(PcapngWriter writer, Stream chunk, int length)
    {
        var before = _unconfirmed;
        while (chunk.Length < length && recorder.Ring.TryRead(out var origin, out var payload))
        {
            // After the frame was there: what armed the capture for it was noted before.
            TakeNotes();
            TakeDue(origin.TimestampNanoseconds);
            writer.WriteFrame(
                InterfaceId(writer, origin.InterfaceIndex),
                origin.TimestampNanoseconds,
                payload[origin.VnetHeaderLength..],
                origin.Direction,
                payload[..origin.VnetHeaderLength],
                CollectionsMarshal.AsSpan(_due));
            recorder.Ring.Release();
            _unconfirmed++;
        }

        return _unconfirmed > before;
    }

    /// <summary>What was written has reached the file.</summary>
    internal void Confirm()
    {
        recorder.Confirm(_unconfirmed);
        _unconfirmed = 0;
    }

    /// <summary>Writes the statistics once the account is closed and every frame before it is written.</summary>
    internal void FinishIfDone(PcapngWriter writer)
    {
        if (IsFinished || !recorder.IsClosed || !recorder.Ring.IsEmpty)
            return;
        IsFinished = true;
        if (recorder.Account is not { } account)
            return;
        TakeNotes();
        TakeDue(long.MaxValue);
        _due.Insert(0, Summary(account));
        writer.WriteStatistics(
            _id ?? InterfaceId(writer, null),
            new PcapngStatistics
            {
                Timestamp = RealtimeClock.NowNanoseconds,
                Received = account.KernelSeen,
                Dropped = account.KernelDropped,
                FilterAccepted = account.KernelSeen,
                OsDropped = account.KernelDropped,
                Delivered = account.Forwarded,
            },
            CollectionsMarshal.AsSpan(_due));
    }

    private string Summary(ForwarderSnapshot account)
    {
        var text = new StringBuilder("dropped:");
        foreach (var reason in DropReasons.All)
            text.Append(CultureInfo.InvariantCulture, $" {reason.Name()}={account.Dropped[(int)reason]}");
        return text.Append(CultureInfo.InvariantCulture, $"; forwarded but not recorded: {recorder.Lost}").ToString();
    }

    // One interface a redirector, unless its netdev gets a TAP of another name.
    private int InterfaceId(PcapngWriter writer, int? index)
    {
        if (_id is { } known && index == _index)
            return known;
        var name = recorder.NameOf(index);
        if (_id is not { } id || name != _name)
            id = writer.AddInterface(new PcapngInterface(name, recorder.Description));
        (_id, _index, _name) = (id, index, name);
        return id;
    }

    private void TakeNotes()
    {
        recorder.TakeNotes(_pending);
        var tooMany = _pending.Count - MostPending;
        if (tooMany <= 0)
            return;
        _pending.RemoveRange(0, tooMany);
        _forgotten += tooMany;
    }

    private void TakeDue(long timestamp)
    {
        _due.Clear();
        if (_pending.Count == 0)
            return;
        if (_forgotten > 0)
            _due.Add($"{_forgotten} earlier comments had no frame to stand at and are left out");
        _forgotten = 0;
        for (var i = 0; i < _pending.Count;)
        {
            if (_pending[i].AtNanoseconds > timestamp)
            {
                i++;
                continue;
            }

            _due.Add(_pending[i].ToString());
            _pending.RemoveAt(i);
        }
    }
}
