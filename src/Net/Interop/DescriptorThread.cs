using System.Runtime.InteropServices;

namespace QmpRedirector.Net.Interop;

/// <summary>
/// Waits on one descriptor that .NET's own event loop does not take (netlink, pidfd), and calls back each time it is readable.
/// </summary>
internal sealed class DescriptorThread : IDisposable
{
    private readonly EventFd _wake = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
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

    /// <summary>Completes when the waiting has ended; faults with what the callback threw.</summary>
    internal Task Completion => _completion.Task;

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
        try
        {
            using var poller = new Poller(2);
            poller.Watch(0, descriptor, Constants.POLLIN);
            poller.Watch(1, _wake.Handle, Constants.POLLIN);
            var more = true;
            while (more && !_ending)
            {
                poller.Wait(null);
                more = _ending || poller.Ready(0) == 0 || onReadable();
            }

            _completion.TrySetResult();
        }
        catch (Exception e)
        {
            _completion.TrySetException(e);
        }
    }
}
