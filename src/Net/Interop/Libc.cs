using System.Runtime.InteropServices;

namespace QmpRedirector.Net.Interop;

/// <summary>The C library's functions, by their own names. EINTR and errno are handled by the types that call them.</summary>
internal static unsafe partial class Libc
{
    private const string Library = "libc";

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int close(int fd);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial SafeFd socket(int domain, int type, int protocol);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int bind(SafeHandle fd, void* address, uint length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int setsockopt(SafeHandle fd, int level, int name, void* value, uint length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int getsockopt(SafeHandle fd, int level, int name, void* value, uint* length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint sendmsg(SafeHandle fd, msghdr* message, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint send(SafeHandle fd, void* buffer, nuint length, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint recv(SafeHandle fd, void* buffer, nuint length, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint read(SafeHandle fd, void* buffer, nuint length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint write(SafeHandle fd, void* buffer, nuint length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial SafeFd open(byte* path, int flags, int mode);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int ftruncate(SafeHandle fd, long length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int ppoll(pollfd* descriptors, nuint count, timespec* timeout, void* signals);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial byte* mmap(void* address, nuint length, int protection, int flags, SafeHandle fd, nint offset);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int munmap(void* address, nuint length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int prctl(int option, nuint value);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial SafeFd eventfd(uint initial, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int clock_gettime(int clock, timespec* time);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int statx(int directory, byte* path, int flags, uint mask, void* buffer);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int faccessat(int directory, byte* path, int mode, int flags);

    // glibc 2.36 has the wrapper; older ones do not, and the number is the same on every architecture (asm-generic/unistd.h).
    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint syscall(nint number, nint a, nint b);
}
