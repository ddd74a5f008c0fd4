using System.Runtime.InteropServices;
using System.Text;
using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net.Interop;

/// <summary>
/// What a recording is written to: a new file that is its owner's alone (0600), in the place of an older one, or a FIFO somebody reads.
/// Symbolic links are not followed.
/// </summary>
internal sealed unsafe class RecordingFile : IDisposable
{
    private const int OwnerOnly = 0b110_000_000;

    private readonly string _path;
    private readonly SafeFd _fd;
    private readonly Poller _poller = new(2);
    private readonly EventFd _abandon = new();
    private readonly bool _isFifo;

    private RecordingFile(string path, SafeFd fd, bool isFifo)
    {
        _path = path;
        _fd = fd;
        _isFifo = isFifo;
    }

    /// <exception cref="IOException">It cannot be made, in one sentence.</exception>
    /// <exception cref="UnauthorizedAccessException">An older file may not be removed.</exception>
    internal static RecordingFile Create(string path)
    {
        var kind = FileKinds.Of(path);
        if (WhyNot(kind) is { } reason)
            throw new IOException(reason);
        if (kind == S_IFIFO)
            return OpenFifo(path);
        if (kind == S_IFREG)
            File.Delete(path);

        // O_EXCL: a link or file that somebody else puts there meanwhile is not written to.
        return new RecordingFile(path, Open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC), isFifo: false);
    }

    /// <summary>Why nothing is recorded to a file of this kind (<see cref="FileKinds"/>); null when it is.</summary>
    internal static string? WhyNot(int? kind) => kind switch
    {
        null or S_IFREG or S_IFIFO => null,
        S_IFLNK => "it is a symbolic link, which is not followed; name the file itself",
        _ => "it is neither a file nor a FIFO",
    };

    /// <summary>Writes all of it. A FIFO whose reader is slow is waited for until <see cref="Abandon"/>.</summary>
    /// <exception cref="IOException">The disk is full, the FIFO's reader is gone, or it was abandoned.</exception>
    internal void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint written;

            // SAFETY: the bytes are pinned during the call.
            fixed (byte* start = bytes)
                written = Libc.write(_fd, start, (nuint)bytes.Length);
            if (written >= 0)
            {
                bytes = bytes[(int)written..];
                continue;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case Errno.EINTR:
                    break;
                case Errno.EAGAIN:
                    WaitForReader();
                    break;
                default:
                    throw LinuxException.Last("write", _path);
            }
        }
    }

    /// <summary>Cuts off what is behind the last whole block. A FIFO has taken it already.</summary>
    internal void TruncateTo(long length)
    {
        if (!_isFifo)
            _ = Libc.ftruncate(_fd, length);
    }

    /// <summary>From any thread: a write that waits for a reader gives up.</summary>
    internal void Abandon() => _abandon.Signal();

    public void Dispose()
    {
        _fd.Dispose();
        _poller.Dispose();
        _abandon.Dispose();
    }

    private static RecordingFile OpenFifo(string path)
    {
        SafeFd fd;
        try
        {
            fd = Open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENXIO)
        {
            throw new IOException($"nobody reads this FIFO: start its reader first, for example 'wireshark -k -i {path}'", e);
        }

        if (FileKinds.Of(fd) == S_IFIFO)
            return new RecordingFile(path, fd, isFifo: true);
        fd.Dispose();
        throw new IOException("it is no FIFO any more");
    }

    private static SafeFd Open(string path, int flags)
    {
        SafeFd fd;

        // SAFETY: the name is NUL-terminated and pinned during the call.
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
            fd = Libc.open(name, flags, OwnerOnly);
        return fd.IsInvalid ? throw LinuxException.Last("open", path) : fd;
    }

    private void WaitForReader()
    {
        _poller.Watch(0, _fd, POLLOUT);
        _poller.Watch(1, _abandon.Handle, POLLIN);
        _poller.Wait(null);
        if (_poller.Ready(1) != 0)
            throw new IOException($"write on {_path}: its reader did not take the rest in time");
    }
}
