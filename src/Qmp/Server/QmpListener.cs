using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace QmpRedirector.Qmp;

/// <summary>Opens the listening socket of a server and says in an operator's words why it cannot.</summary>
internal static class QmpListener
{
    private const int Backlog = 64;

    // ENXIO (asm-generic/errno-base.h).
    private const int NoSuchDeviceOrAddress = 6;

    /// <exception cref="QmpServerException">It cannot listen there.</exception>
    public static Socket Open(QmpAddress address, ILogger log)
    {
        try
        {
            return address.Kind switch
            {
                QmpAddressKind.Unix => OpenUnix(address, log),
                QmpAddressKind.Tcp => OpenTcp(address, log),
                _ => Adopt(address),
            };
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            throw Failure(address, Reason(address, e), e);
        }
    }

    private static Socket OpenUnix(QmpAddress address, ILogger log)
    {
        RemoveStale(address, log);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            // Linux gives the file the mode of the socket's own inode (net/unix/af_unix.c: unix_bind_bsd), so it never has a wider one.
            // bind(2) follows no symbolic link and replaces nothing.
            using (var handle = new SafeFileHandle(socket.Handle, ownsHandle: false))
                File.SetUnixFileMode(handle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            socket.Bind(new UnixDomainSocketEndPoint(address.Path!));
            socket.Listen(Backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static void RemoveStale(QmpAddress address, ILogger log)
    {
        var file = new FileInfo(address.Path!);
        if (file.LinkTarget is not null)
            throw Failure(address, "a symbolic link is in the way; remove it or choose another path.");
        if (!Path.Exists(address.Path))
            return;
        if (!IsSocket(address.Path!))
            throw Failure(address, "something that is not a socket is in the way; remove it or choose another path.");
        if (Answers(address.Path!))
            throw Failure(address, "it is in use: another server answers there; end it or choose another path.");
        file.Delete();
        QmpLog.StaleSocketReplaced(log, address);
    }

    // .NET tells no file type, but open(2) fails with ENXIO on a socket. Opened for both reading and writing, as a FIFO would otherwise
    // wait for its other end.
    private static bool IsSocket(string path)
    {
        if (Directory.Exists(path))
            return false;
        try
        {
            File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
            return false;
        }
        catch (IOException e) when (e.HResult == NoSuchDeviceOrAddress)
        {
            return true;
        }
    }

    private static bool Answers(string path)
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        // Not to wait where the other server's queue of clients is full: EAGAIN says as well that it lives.
        probe.Blocking = false;
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.AddressNotAvailable)
        {
            return false;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock)
        {
            return true;
        }
    }

    private static Socket OpenTcp(QmpAddress address, ILogger log)
    {
        SocketException? last = null;
        // To resolve 0.0.0.0, .NET refuses.
        IPAddress[] hosts = IPAddress.TryParse(address.Host!, out var literal) ? [literal] : Dns.GetHostAddresses(address.Host!);
        foreach (var host in hosts)
        {
            var socket = new Socket(host.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                // Without ReuseAddress: .NET makes that SO_REUSEPORT too, which lets two servers share a port. Bind sets SO_REUSEADDR
                // by itself.
                socket.Bind(new IPEndPoint(host, address.Port));
                socket.Listen(Backlog);
                if (!IPAddress.IsLoopback(host))
                    QmpLog.NotLoopback(log, address, host.ToString());
                return socket;
            }
            catch (SocketException e)
            {
                socket.Dispose();
                last = e;
            }
        }
        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }

    private static Socket Adopt(QmpAddress address)
    {
        var handle = new SafeSocketHandle(address.Fd, ownsHandle: true);
        try
        {
            var socket = new Socket(handle);
            if (socket.SocketType == SocketType.Stream
                && socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection) is 1)
                return socket;
        }
        catch (SocketException)
        {
            // Reported below, as the sockets that do not listen.
        }
        // Not ours to close: whatever this number is, it is not what was to be handed to us.
        handle.SetHandleAsInvalid();
        throw Failure(address, "it is not a listening stream socket; the parent process must pass one on.");
    }

    private static string Reason(QmpAddress address, Exception e) => e switch
    {
        SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } => "it is in use: another server listens there.",
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } =>
            "the host is not known.",
        // ENOENT on a UNIX socket arrives as AddressNotAvailable.
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } when address.Kind == QmpAddressKind.Unix =>
            "its directory does not exist; create it or choose another path.",
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } => "the host's address is not one of this machine.",
        // ENOTDIR, EROFS, ENOSPC: .NET has no code for them and does not keep the kernel's.
        SocketException { SocketErrorCode: SocketError.SocketError } when address.Kind == QmpAddressKind.Unix =>
            "no socket can be made there: what should be its directory is none, or its file system is read-only or full.",
        SocketException { SocketErrorCode: SocketError.AccessDenied } or UnauthorizedAccessException =>
            "permission denied; choose a path or port this user may use.",
        SocketException { SocketErrorCode: SocketError.TooManyOpenSockets } => "too many open files; allow more (ulimit -n).",
        SocketException s => $"{new Win32Exception(s.NativeErrorCode).Message}.",
        _ => e.Message,
    };

    private static QmpServerException Failure(QmpAddress address, string why, Exception? inner = null) =>
        new($"Cannot listen for QMP at {address}: {why}", inner);
}
