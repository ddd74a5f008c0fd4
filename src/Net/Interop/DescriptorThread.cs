using System.Runtime.InteropServices;

namespace QmpRedirector.Net.Interop;

/// <summary>
/// Waits on one descriptor that .NET's own event loop does not take (netlink, pidfd), and calls back each time it is readable.
/// </summary>
internal sealed class DescriptorThread : IDisposable
{
    private readonly EventFd _wake = new();
    private readonly Thread _thread;
    private volatile bool _ending;

    /// <param name="name">The thread's name.</param>
    /// <param name="descriptor">Stays the caller's, and open until this is disposed of.</param>
    /// <param name="onReadable">Runs on the thread; false ends the waiting.</param>
    internal DescriptorThread(string name, SafeHandle descriptor, Func<bool> onReadable)
    {
        _thread = new Thread(() => Run(descriptor, onReadable)) { IsBackground = true, Name = name };
        _thread.Start();
    }

    public void Dispose()
    {
        _ending = true;
        _wake.Signal();
        if (Thread.CurrentThread != _thread)
            _thread.Join();
        _wake.Dispose();
    }

    private void Run(SafeHandle descriptor, Func<bool> onReadable)
    {
        using var poller = new Poller(2);
        poller.Watch(0, descriptor, Constants.POLLIN);
        poller.Watch(1, _wake.Handle, Constants.POLLIN);
        while (!_ending)
        {
            poller.Wait(-1);
            if (!_ending && poller.Ready(0) != 0 && !onReadable())
                return;
        }
    }
}
