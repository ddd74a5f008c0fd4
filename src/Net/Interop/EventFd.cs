using System.Runtime.InteropServices;
using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net.Interop;

/// <summary>Wakes a thread that is blocked in poll(2) on it. See eventfd(2).</summary>
internal sealed unsafe class EventFd : IDisposable
{
    private readonly SafeFd _fd;

    internal EventFd()
    {
        _fd = Libc.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (_fd.IsInvalid)
            throw LinuxException.Last("eventfd");
    }

    internal SafeHandle Handle => _fd;

    internal void Signal()
    {
        ulong one = 1;

        // SAFETY: eight bytes on this frame. EAGAIN (the counter is full) means it is already signalled.
        while (Libc.write(_fd, &one, sizeof(ulong)) < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR)
        {
        }
    }

    internal void Reset()
    {
        ulong count;

        // SAFETY: eight bytes on this frame. EAGAIN means nothing was signalled.
        while (Libc.read(_fd, &count, sizeof(ulong)) < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR)
        {
        }
    }

    public void Dispose() => _fd.Dispose();
}
