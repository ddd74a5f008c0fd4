namespace QmpRedirector.Net.Interop;

/// <summary>errno values this library tells apart (asm-generic/errno-base.h, asm-generic/errno.h).</summary>
internal static class Errno
{
    internal const int EPERM = 1;
    internal const int ENOENT = 2;
    internal const int ESRCH = 3;
    internal const int EINTR = 4;
    internal const int ENXIO = 6;
    internal const int EAGAIN = 11;
    internal const int EACCES = 13;
    internal const int EINVAL = 22;
    internal const int ENODEV = 19;
    internal const int EMFILE = 24;
    internal const int EPROTOTYPE = 91;
    internal const int ENETDOWN = 100;
    internal const int ENOBUFS = 105;
}
