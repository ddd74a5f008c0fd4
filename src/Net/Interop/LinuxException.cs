using System.ComponentModel;
using System.Runtime.InteropServices;

namespace QmpRedirector.Net.Interop;

/// <summary>A system call failed; carries its name and errno.</summary>
public sealed class LinuxException : IOException
{
    /// <summary>Of a call that set errno.</summary>
    /// <param name="call">See <see cref="Call"/>.</param>
    /// <param name="errno">See <see cref="Errno"/>.</param>
    /// <param name="on">What it was called on, for the message.</param>
    public LinuxException(string call, int errno, string? on = null)
        : base(Describe(call, errno, on))
    {
        Call = call;
        Errno = errno;
        HResult = errno;
    }

    /// <summary>The system call, as in its manual page: <c>setsockopt(PACKET_RX_RING)</c>.</summary>
    public string Call { get; }

    /// <summary>The value of errno, see errno(3).</summary>
    public int Errno { get; }

    /// <summary>True for EPERM and EACCES: a capability or a file permission is missing.</summary>
    public bool IsPermission => Errno is Interop.Errno.EPERM or Interop.Errno.EACCES;

    /// <summary>True for ENODEV and ENXIO: the device that was meant is gone.</summary>
    public bool IsDeviceGone => Errno is Interop.Errno.ENODEV or Interop.Errno.ENXIO;

    internal static LinuxException Last(string call, string? on = null) => new(call, Marshal.GetLastPInvokeError(), on);

    /// <summary>The kernel's words for an errno, as strerror(3) has them.</summary>
    internal static string Reason(int errno) =>
        errno == Interop.Errno.EMFILE ? TooManyFiles : new Win32Exception(errno).Message;

    /// <summary>The reason that EMFILE is, with what helps.</summary>
    internal const string TooManyFiles = "Too many open files: allow more (ulimit -n)";

    private static string Describe(string call, int errno, string? on) =>
        on is null ? $"{call}: {Reason(errno)}" : $"{call} on {on}: {Reason(errno)}";
}
