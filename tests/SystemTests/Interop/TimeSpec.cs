using System.Runtime.InteropServices;

namespace QmpRedirector.SystemTests.Interop;

/// <summary>struct timespec (time.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimeSpec
{
    public long Seconds;
    public long Nanoseconds;
}
