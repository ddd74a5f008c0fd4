using System.Runtime.InteropServices;

namespace QmpRedirector.Net.Interop;

/// <summary>
/// A fixed set of descriptors for ppoll(2), which reports POLLERR and POLLHUP whether asked for or not: one whose standing error must not
/// spin is left out.
/// </summary>
internal sealed unsafe class Poller : IDisposable
{
    private readonly pollfd* _descriptors;
    private readonly SafeHandle?[] _handles;
    private readonly int _count;

    internal Poller(int count)
    {
        _count = count;
        _handles = new SafeHandle?[count];
        _descriptors = (pollfd*)NativeMemory.AllocZeroed((nuint)count, (nuint)sizeof(pollfd));

        // SAFETY: count entries were just allocated.
        for (var i = 0; i < count; i++)
            _descriptors[i].fd = -1;
    }

    /// <summary>Asks for <paramref name="events"/> on a descriptor, with 0 only for its end; null leaves the place empty.</summary>
    internal void Watch(int place, SafeHandle? handle, short events)
    {
        _handles[place] = handle;

        // SAFETY: place is below the count allocated in the constructor.
        _descriptors[place].fd = handle is null ? -1 : (int)handle.DangerousGetHandle();
        _descriptors[place].events = events;
    }

    // SAFETY: place is below the count allocated in the constructor.
    internal short Ready(int place) => _descriptors[place].revents;

    /// <summary>Waits until a watched descriptor is ready or the time is over; null waits for ever.</summary>
    internal int Wait(TimeSpan? timeout)
    {
        var time = timeout is { } wait
            ? new timespec { tv_sec = wait.Ticks / TimeSpan.TicksPerSecond, tv_nsec = wait.Ticks % TimeSpan.TicksPerSecond * 100 }
            : default;
        int ready;

        // SAFETY: _descriptors holds _count entries, the time lives on this frame, and no signal mask is given. The caller keeps the
        // handles open while it waits: they are its own.
        do
        {
            ready = Libc.ppoll(_descriptors, (nuint)_count, timeout is null ? null : &time, null);
        }
        while (ready < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);

        GC.KeepAlive(_handles);
        return ready < 0 ? throw LinuxException.Last("ppoll") : ready;
    }

    // SAFETY: allocated in the constructor with the matching function; the owner disposes once.
    public void Dispose() => NativeMemory.Free(_descriptors);
}
