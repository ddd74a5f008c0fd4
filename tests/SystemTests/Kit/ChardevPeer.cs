using System.Net.Sockets;

namespace QmpRedirector.SystemTests.Kit;

/// <summary>
/// The test's end of one chardev connection. A thread reads as many bytes as <see cref="Allow"/> has granted, so a peer can read freely,
/// in crumbs, or not at all.
/// </summary>
internal sealed class ChardevPeer : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Socket _socket;
    private readonly FrameStreamParser _parser;
    private readonly List<ReceivedFrame> _frames = [];
    private readonly Thread _reader;
    private readonly SemaphoreSlim _granted = new(0);
    private long _allowance;
    private long _bytesRead;
    private Exception? _failure;

    public ChardevPeer(Socket socket, bool vnetHdrSupport = false, long allowance = long.MaxValue)
    {
        _socket = socket;
        _parser = new FrameStreamParser(vnetHdrSupport);
        _allowance = allowance;
        _reader = new Thread(ReadToTheEnd) { IsBackground = true, Name = "chardev peer" };
        _reader.Start();
    }

    public long BytesRead => Interlocked.Read(ref _bytesRead);

    public int Count
    {
        get
        {
            lock (_lock) return _frames.Count;
        }
    }

    public IReadOnlyList<ReceivedFrame> Frames
    {
        get
        {
            lock (_lock) return [.. _frames];
        }
    }

    /// <summary>The number of the newest frame, -1 before there is one.</summary>
    public int LastNumber
    {
        get
        {
            ThrowIfFailed();
            lock (_lock) return _frames.Count == 0 ? -1 : Kit.Frames.NumberOf(_frames[^1].Payload);
        }
    }

    /// <summary>Given each frame on the reader's thread, to pass it on.</summary>
    public Action<ReceivedFrame>? OnFrame { get; set; }

    /// <summary>Bytes of the frame the stream stopped in.</summary>
    public int PartialBytes => _parser.Partial;

    public bool Ended => !_reader.IsAlive;

    public void Allow(long bytes)
    {
        Interlocked.Add(ref _allowance, bytes);
        _granted.Release();
    }

    public async Task WaitForFramesAsync(int count)
    {
        await Eventually.ThatAsync(() => Count >= count || Ended, () => $"the peer has {count} frames (it has {Count})");
        ThrowIfFailed();
        Assert.That(Count, Is.GreaterThanOrEqualTo(count), "frames before the connection ended");
    }

    public async Task WaitForBytesAsync(long count) =>
        await Eventually.ThatAsync(() => BytesRead >= count || Ended, () => $"the peer has read {count} bytes (it has read {BytesRead})");

    /// <summary>Waits until the other side has closed and all it wrote has been read.</summary>
    public async Task WaitForEndAsync()
    {
        await Eventually.ThatAsync(() => Ended, "the other side closes the connection");
        ThrowIfFailed();
    }

    /// <summary>Shuts down this side's sending only; it goes on reading.</summary>
    public void StopSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Whatever is unread stays unread: to the other side this is a peer that went away.</summary>
    public void Dispose()
    {
        // Close alone does not wake a thread that sits in recv; shutdown does.
        if (_socket.Connected)
        {
            try
            {
                _socket.Shutdown(SocketShutdown.Both);
            }
            catch (SocketException)
            {
                // The other side was faster.
            }
        }

        _socket.Dispose();
        _granted.Release();
        Assert.That(_reader.Join(Eventually.Deadline), Is.True, "the peer's reader ends");
    }

    private void ReadToTheEnd()
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                while (Interlocked.Read(ref _allowance) <= 0)
                {
                    _granted.Wait();
                    if (_socket.SafeHandle.IsClosed) return;
                }

                var count = _socket.Receive(buffer, 0, (int)Math.Min(buffer.Length, Interlocked.Read(ref _allowance)), SocketFlags.None);
                if (count == 0) return;
                Interlocked.Add(ref _allowance, -count);
                Interlocked.Add(ref _bytesRead, count);
                lock (_lock) _parser.Feed(buffer.AsSpan(0, count), Take);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Reset by the other side, or closed by the test: the end, either way.
        }
        catch (Exception e) when (e is FormatException or IOException)
        {
            _failure = e;
        }
    }

    private void Take(ReceivedFrame frame)
    {
        _frames.Add(frame);
        OnFrame?.Invoke(frame);
    }

    private void ThrowIfFailed()
    {
        if (_failure is not null) Assert.Fail($"After {Count} frames and {BytesRead} bytes: {_failure.Message}");
    }
}
