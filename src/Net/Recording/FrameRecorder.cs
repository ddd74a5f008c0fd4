using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace QmpRedirector.Net;

/// <summary>
/// One redirector's part in a <see cref="PcapngRecording"/>: its data thread leaves copies of the forwarded frames in a ring, the control
/// plane says what happens to the capture, and the recording's own thread writes both down.
/// </summary>
public sealed class FrameRecorder
{
    // Arms and disarms come from people and migrations; more than this between two looks of the writer says nothing new.
    private const int MostNotes = 256;

    // A TAP that is made anew gets a new index; frames of more than so many are not in the backlog at once.
    private const int MostInterfaces = 16;

    private readonly ConcurrentQueue<RecordingNote> _notes = new();
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RecordRing _ring;
    private readonly Action _wake;
    private volatile ForwarderSnapshot? _account;
    private volatile bool _isClosed;
    private volatile bool _ended;
    private ImmutableArray<(int Index, string Name)> _interfaces = [];
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

    internal ForwarderSnapshot? Account => _account;

    /// <summary>There will be no more frames.</summary>
    internal bool IsClosed => _isClosed;

    /// <summary>Completes when everything is in the file, its statistics last, or there will be no more of it.</summary>
    public Task Finished => _finished.Task;

    /// <summary>Names an interface; tell before a frame of it may come. One caller at a time.</summary>
    public void SetInterface(int index, string name)
    {
        var others = _interfaces.RemoveAll(known => known.Index == index);
        var kept = others.Length < MostInterfaces ? others : others.RemoveAt(0);
        ImmutableInterlocked.InterlockedExchange(ref _interfaces, kept.Add((index, name)));
    }

    /// <summary>Puts a comment on the first frame that is not older than <paramref name="atNanoseconds"/> (CLOCK_REALTIME).</summary>
    /// <remarks>Of something that lets frames through, tell before it does.</remarks>
    public void Note(long atNanoseconds, string text)
    {
        if (_notes.Count < MostNotes && !_ended)
            _notes.Enqueue(new RecordingNote(atNanoseconds, text));
    }

    /// <summary>
    /// The data thread has ended: what it counted becomes the interface's statistics. Without an account, as of a capture that never came
    /// to be, the interface is left out.
    /// </summary>
    public void Finish(ForwarderSnapshot? account)
    {
        _account = account;
        _isClosed = true;
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

    /// <summary>Recording thread: the name of an interface, of the newest one where it is not known, or none.</summary>
    internal string NameOf(int? index)
    {
        var name = "";
        foreach (var known in _interfaces)
        {
            name = known.Name;
            if (known.Index == index)
                break;
        }

        return name;
    }

    /// <summary>Recording thread: everything is in the file.</summary>
    internal void Complete() => _finished.TrySetResult();

    /// <summary>There will be no more of it.</summary>
    internal void End()
    {
        _ended = true;
        _finished.TrySetResult();
    }
}
