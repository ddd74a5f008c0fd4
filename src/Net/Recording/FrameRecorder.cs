using System.Collections.Concurrent;

namespace QmpRedirector.Net;

/// <summary>
/// One redirector's part in a <see cref="PcapngRecording"/>: its data thread leaves copies of the forwarded frames in a ring, the control
/// plane says what happens to the capture, and the recording's own thread writes both down.
/// </summary>
public sealed class FrameRecorder
{
    // Arms and disarms come from people and migrations; more than this between two looks of the writer says nothing new.
    private const int MostNotes = 256;

    private readonly ConcurrentQueue<RecordingNote> _notes = new();
    private readonly RecordRing _ring;
    private readonly Action _wake;
    private volatile string? _interfaceName;
    private volatile ForwarderSnapshot? _account;
    private volatile bool _ended;
    private long _offered;
    private long _full;
    private long _recorded;

    internal FrameRecorder(string description, int capacity, Action wake)
    {
        Description = description;
        _ring = new RecordRing(capacity);
        _wake = wake;
    }

    /// <summary>Frames that are in the file.</summary>
    public long Recorded => Volatile.Read(ref _recorded);

    /// <summary>
    /// Forwarded frames that are not: the ring was full, or the recording ended early. Once the recording is closed this and
    /// <see cref="Recorded"/> are every frame that was forwarded.
    /// </summary>
    public long Lost => _ended ? Volatile.Read(ref _offered) - Recorded : Volatile.Read(ref _full);

    internal string Description { get; }

    internal RecordRing Ring => _ring;

    internal string? InterfaceName => _interfaceName;

    internal ForwarderSnapshot? Account => _account;

    /// <summary>The capture is bound to this interface from now on.</summary>
    public void SetInterface(string name) => _interfaceName = name;

    /// <summary>Puts a comment on the first frame that is not older than <paramref name="atNanoseconds"/> (CLOCK_REALTIME).</summary>
    /// <remarks>Of something that lets frames through, tell before it does.</remarks>
    public void Note(long atNanoseconds, string text)
    {
        if (_notes.Count < MostNotes && !_ended)
            _notes.Enqueue(new RecordingNote(atNanoseconds, text));
    }

    /// <summary>The data thread has ended: what it counted becomes the interface's statistics.</summary>
    public void Finish(ForwarderSnapshot account)
    {
        _account = account;
        _wake();
    }

    /// <summary>Data thread: a frame was forwarded. Copies it if there is room; never waits, allocates nothing.</summary>
    internal void Record(in FrameOrigin origin, ReadOnlySpan<byte> payload)
    {
        _offered++;
        if (_ended)
            return;
        if (_ring.TryWrite(origin, payload))
            _wake();
        else
            _full++;
    }

    /// <summary>Recording thread: moves the notes taken since the last call.</summary>
    internal void TakeNotes(List<RecordingNote> notes)
    {
        while (_notes.TryDequeue(out var note))
            notes.Add(note);
    }

    /// <summary>Recording thread: frames have reached the file.</summary>
    internal void Confirm(int frames) => Volatile.Write(ref _recorded, _recorded + frames);

    /// <summary>Recording thread: there will be no more of it.</summary>
    internal void End() => _ended = true;
}
