using System.Runtime.InteropServices;
using System.Text;
using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net.Interop;

/// <summary>What kind of file is at a path; symbolic links are not followed. .NET has no word for sockets.</summary>
internal static unsafe class FileKinds
{
    // linux/stat.h: struct statx is 256 bytes on every architecture, with stx_mode (u16) at offset 28.
    private const int StatxLength = 256;
    private const int ModeOffset = 28;

    /// <summary>The S_IFMT bits of the file's mode, or null when there is no such file.</summary>
    /// <exception cref="LinuxException">It cannot be looked at.</exception>
    internal static int? Of(string path)
    {
        var buffer = stackalloc byte[StatxLength];
        var name = Encoding.UTF8.GetBytes(path + '\0');
        int result;

        // SAFETY: the name is NUL-terminated and pinned; the kernel writes at most sizeof(struct statx) bytes into the buffer.
        fixed (byte* bytes = name)
            result = Libc.statx(AT_FDCWD, bytes, AT_SYMLINK_NOFOLLOW, STATX_TYPE, buffer);
        if (result == 0)
            return *(ushort*)(buffer + ModeOffset) & S_IFMT;
        return Marshal.GetLastPInvokeError() == Errno.ENOENT ? null : throw LinuxException.Last("statx", path);
    }

    /// <summary>The S_IFMT bits of an open file's mode.</summary>
    /// <exception cref="LinuxException">It cannot be looked at.</exception>
    internal static int Of(SafeFd file)
    {
        var buffer = stackalloc byte[StatxLength];
        byte empty = 0;

        // SAFETY: an empty NUL-terminated name and the buffer are on this frame; the owner keeps the descriptor open during the call.
        if (Libc.statx((int)file.DangerousGetHandle(), &empty, AT_EMPTY_PATH, STATX_TYPE, buffer) < 0)
            throw LinuxException.Last("statx");
        return *(ushort*)(buffer + ModeOffset) & S_IFMT;
    }

    /// <summary>
    /// The errno that W_OK and X_OK bits of access(2) meet with this process's effective rights; 0 when they are granted.
    /// </summary>
    internal static int Access(string path, int mode)
    {
        var name = Encoding.UTF8.GetBytes(path + '\0');
        int result;

        // SAFETY: the name is NUL-terminated and pinned during the call.
        fixed (byte* bytes = name)
            result = Libc.faccessat(AT_FDCWD, bytes, mode, AT_EACCESS);
        return result == 0 ? 0 : Marshal.GetLastPInvokeError();
    }
}
