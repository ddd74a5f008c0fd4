using System.Collections.Immutable;
using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net;

/// <summary>
/// Records what redirectors forward into one pcapng file, with an interface for each. Data threads only copy into rings
/// (<see cref="FrameRecorder"/>); a thread of this object's own writes. A write that fails ends the recording and nothing else.
/// </summary>
public sealed class PcapngRecording : IDisposable
{
    // 260 ms of the smallest frames at 500 kpps, 27 ms of full ones at 5 Gbit/s; resident only as far as frames have filled it.
    private const int RingCapacity = 16 << 20;
    private const int ChunkSize = 256 << 10;

    /// <summary>How long frames are gathered before they are written together: no reader sees the delay, and the data threads wake
    /// the recording's at most this often.</summary>
    private static readonly TimeSpan _gather = TimeSpan.FromMilliseconds(10);

    /// <summary>How long <see cref="Close"/> waits for the rest to be written, so that a stuck disk does not hold up the end.</summary>
    private static readonly TimeSpan _closing = TimeSpan.FromMilliseconds(150);

    private readonly EventFd _wake = new();
    private readonly Poller _poller = new(1);
    private readonly ManualResetEventSlim _noMoreGathering = new();
    private readonly MemoryStream _chunk = new(ChunkSize + (2 * FrameLimits.MaxLength));
    private readonly PcapngSection _section;
    private readonly Action<string> _onFailure;
    private ImmutableArray<RecordedInterface> _interfaces = [];
    private RecordingFile? _file;
    private Thread? _thread;
    private long _length;
    private volatile bool _isClosing;
    private volatile bool _hasFailed;
    private int _asleep;
    private bool _isDisposed;

    /// <summary>Makes the recording; <see cref="Open"/> begins it.</summary>
    /// <param name="section">What the file says of its origin.</param>
    /// <param name="onFailure">Told once, on the recording's thread, why it ended early.</param>
    public PcapngRecording(PcapngSection section, Action<string> onFailure)
    {
        _section = section;
        _onFailure = onFailure;
    }

    /// <summary>Adds an interface, at any time: its block comes before its first frame.</summary>
    /// <param name="description">if_description: <c>f0 netdev=net0</c>.</param>
    public FrameRecorder Add(string description)
    {
        var recorder = new FrameRecorder(description, RingCapacity, Wake);
        if (!_hasFailed)
            ImmutableInterlocked.Update(ref _interfaces, interfaces => interfaces.Add(new RecordedInterface(recorder)));

        // Looked at again, since it may have failed meanwhile and not have known this one.
        if (_hasFailed)
            recorder.End();
        return recorder;
    }

    /// <summary>Makes the file (0600; an older one is replaced, a symbolic link refused) or opens the FIFO, and begins to write.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">An older file may not be removed.</exception>
    public void Open(string path)
    {
        _file = RecordingFile.Create(path);
        _thread = new Thread(Run) { IsBackground = true, Name = "pcapng" };
        _thread.Start();
    }

    /// <summary>
    /// Writes what is left and ends. Every recorder that is to have statistics has been given them (<see cref="FrameRecorder.Finish"/>).
    /// </summary>
    public void Close()
    {
        if (_thread is not { } thread || _isClosing)
            return;
        _isClosing = true;
        _noMoreGathering.Set();
        _wake.Signal();
        if (!thread.Join(_closing))
        {
            _file!.Abandon();
            thread.Join(_closing);
        }

        EndAll();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Close();

        // A thread that a disk holds still uses all of this; it ends with the process.
        if (_thread is { IsAlive: true } || _isDisposed)
            return;
        _isDisposed = true;
        _file?.Dispose();
        _noMoreGathering.Dispose();
        _poller.Dispose();
        _wake.Dispose();
        _chunk.Dispose();
    }

    // Data threads call it for each frame: a fence and a look, and a system call only when the thread sleeps.
    private void Wake()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _asleep) != 0 && Interlocked.Exchange(ref _asleep, 0) != 0)
            _wake.Signal();
    }

    private void Run()
    {
        try
        {
            var writer = new PcapngWriter(_chunk, _section);
            WriteChunk();
            while (true)
            {
                var last = _isClosing;
                var before = _length;
                while (WriteAll(writer))
                {
                }

                foreach (var recorded in _interfaces)
                    recorded.FinishIfDone(writer);
                WriteChunk();
                ForgetFinished();
                if (last)
                    return;

                // As long as there is much to write, to gather more would only fill the rings.
                if (_length - before < ChunkSize)
                    Sleep();
            }
        }
        catch (IOException e)
        {
            _file!.TruncateTo(_length);
            _hasFailed = true;
            EndAll();
            _onFailure(e.Message);
        }
    }

    // Forgotten too: redirectors that come and go after a failure must not pile their rings up.
    private void EndAll()
    {
        foreach (var recorded in ImmutableInterlocked.InterlockedExchange(ref _interfaces, []))
            recorded.Recorder.End();
    }

    private void ForgetFinished()
    {
        foreach (var recorded in _interfaces.Where(static recorded => recorded.IsFinished))
            recorded.Recorder.Complete();
        ImmutableInterlocked.Update(ref _interfaces, static interfaces => interfaces.RemoveAll(static recorded => recorded.IsFinished));
    }

    /// <summary>A chunk of each interface; false when there was nothing.</summary>
    private bool WriteAll(PcapngWriter writer)
    {
        var any = false;
        foreach (var recorded in _interfaces)
        {
            any |= recorded.Write(writer, _chunk, ChunkSize);
            WriteChunk();
        }

        return any;
    }

    private void WriteChunk()
    {
        _file!.Write(_chunk.GetBuffer().AsSpan(0, (int)_chunk.Length));
        _length += _chunk.Length;
        _chunk.SetLength(0);
        foreach (var recorded in _interfaces)
            recorded.Confirm();
    }

    private void Sleep()
    {
        Volatile.Write(ref _asleep, 1);
        Interlocked.MemoryBarrier();
        if (!_isClosing && _interfaces.All(recorded => recorded.IsIdle))
        {
            _poller.Watch(0, _wake.Handle, Constants.POLLIN);
            _poller.Wait(null);
        }

        _wake.Reset();
        Volatile.Write(ref _asleep, 0);
        _noMoreGathering.Wait(_gather);
    }
}
