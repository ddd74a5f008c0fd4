using System.Runtime.InteropServices;

namespace QmpRedirector.SystemTests.Interop;

/// <summary>struct pollfd (poll.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollFd
{
    public int File;
    public short Events;
    public short ReturnedEvents;
}
