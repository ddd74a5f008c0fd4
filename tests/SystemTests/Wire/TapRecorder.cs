using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using QmpRedirector.SystemTests.Interop;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.Wire;

/// <summary>
/// A TAP's reader on a thread of its own, as vhost is: keeps every frame with its virtio-net header, as the guest would get it.
/// </summary>
internal sealed class TapRecorder : IDisposable
{
    private const int PollMilliseconds = 50;

    private readonly Lock _lock = new();
    private readonly List<byte[]> _frames = [];
    private readonly SafeFileHandle _file;
    private readonly Thread _thread;
    private volatile bool _ending;
    private volatile string? _failure;

    /// <param name="tap">Stays the caller's.</param>
    public TapRecorder(Tap tap)
    {
        _file = new SafeFileHandle(tap.Descriptor, ownsHandle: false);
        _thread = new Thread(() => Record(tap.VnetHeaderLength)) { IsBackground = true, Name = $"reader of {tap.Name}" };
        _thread.Start();
    }

    /// <summary>Given each frame on the recorder's thread, to pass it on.</summary>
    public Action<byte[]>? OnFrame { get; set; }

    public IReadOnlyList<byte[]> Frames
    {
        get
        {
            Assert.That(_failure, Is.Null);
            lock (_lock) return [.. _frames];
        }
    }

    public int Count
    {
        get
        {
            Assert.That(_failure, Is.Null);
            lock (_lock) return _frames.Count;
        }
    }

    public void Dispose()
    {
        _ending = true;
        Assert.That(_thread.Join(Eventually.Deadline), Is.True, "the TAP's reader ends");
    }

    private void Record(int vnetHeaderLength)
    {
        var buffer = new byte[128 * 1024];
        try
        {
            while (!_ending)
            {
                var waiting = new PollFd { File = (int)_file.DangerousGetHandle(), Events = Linux.PollIn };
                if (LibC.Poll(ref waiting, 1, PollMilliseconds) <= 0) continue;

                // Older kernels write ten bytes of the header and leave the rest of the room as it was (ByteIdentityTests, the last of
                // them).
                buffer.AsSpan(0, vnetHeaderLength).Clear();
                var length = (int)LibC.Read(_file, buffer, buffer.Length);
                if (length <= 0)
                {
                    var error = Marshal.GetLastPInvokeError();
                    if (error is Linux.Eagain or Linux.Eintr) continue;
                    throw new IOException($"read of the TAP: {Marshal.GetPInvokeErrorMessage(error)}");
                }

                var frame = buffer[..length];
                lock (_lock) _frames.Add(frame);
                OnFrame?.Invoke(frame);
            }
        }
        catch (Exception e)
        {
            _failure = e.ToString();
        }
    }
}
