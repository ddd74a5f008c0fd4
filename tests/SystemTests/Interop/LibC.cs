using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace QmpRedirector.SystemTests.Interop;

/// <summary>The C library calls .NET has no name for: namespaces, TAP devices and packet sockets.</summary>
internal static partial class LibC
{
    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "geteuid")]
    public static partial uint GetEffectiveUserId();

    [LibraryImport(Library, EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);

    /// <summary>0, or the error itself.</summary>
    [LibraryImport(Library, EntryPoint = "clock_getcpuclockid")]
    public static partial int CpuClockOf(int process, out int clock);

    [LibraryImport(Library, EntryPoint = "clock_gettime", SetLastError = true)]
    public static partial int ClockGetTime(int clock, out TimeSpec time);

    [LibraryImport(Library, EntryPoint = "setns", SetLastError = true)]
    public static partial int SetNamespace(SafeFileHandle file, int type);

    [LibraryImport(Library, EntryPoint = "if_nametoindex", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial uint InterfaceIndex(string name);

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport(Library, EntryPoint = "socket", SetLastError = true)]
    public static partial SafeFileHandle Socket(int family, int type, int protocol);

    [LibraryImport(Library, EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(SafeFileHandle socket, ref SockAddrLl address, int length);

    [LibraryImport(Library, EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetSocketOption(SafeFileHandle socket, int level, int option, ref int value, int length);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Ioctl(SafeFileHandle file, nuint request, ref byte argument);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Ioctl(SafeFileHandle file, nuint request, ref int argument);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Ioctl(SafeFileHandle file, nuint request, nint argument);

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(ref PollFd files, nuint count, int milliseconds);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(SafeFileHandle file, Span<byte> buffer, nint length);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(SafeFileHandle file, ReadOnlySpan<byte> buffer, nint length);

    /// <summary>For bpf(2), which the C library has no function for.</summary>
    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    public static partial nint SystemCall(nint number, nint command, ref byte attributes, nint length);

    /// <summary>Fails the test when <paramref name="result"/> is an error, with the system's own words.</summary>
    public static nint Check(nint result, string what)
    {
        if (result < 0) Assert.Fail($"{what}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        return result;
    }

    public static SafeFileHandle Check(SafeFileHandle handle, string what)
    {
        if (handle.IsInvalid) Assert.Fail($"{what}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        return handle;
    }
}
