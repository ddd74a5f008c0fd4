using System.Globalization;
using System.Net.Sockets;

namespace QmpRedirector.Qmp.Wire;

/// <summary>Opens the stream socket of a <see cref="QmpAddress"/> and says in an operator's words why it cannot.</summary>
internal static class QmpSocket
{
    /// <exception cref="QmpConnectException">It cannot be connected.</exception>
    public static async Task<Socket> ConnectAsync(QmpAddress address, TimeSpan timeout, TimeProvider timeProvider, CancellationToken ct)
    {
        if (address.Kind == QmpAddressKind.Fd)
            return Adopt(address);

        using var deadline = new CancellationTokenSource(timeout, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, ct);
        var socket = address.Kind == QmpAddressKind.Unix
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (address.Kind == QmpAddressKind.Unix)
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(address.Path!), either.Token);
            else
                await socket.ConnectAsync(address.Host!, address.Port, either.Token);
            return socket;
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (e is OperationCanceledException && !ct.IsCancellationRequested)
            {
                var seconds = timeout.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
                throw new QmpConnectException(QmpConnectFailure.Timeout, $"{address} accepted no connection within {seconds} s.", e);
            }
            if (e is SocketException refused)
                throw Explain(address, refused);
            throw;
        }
    }

    /// <summary>Whether an error of an established connection only means that the peer is gone.</summary>
    public static bool IsPeerGone(SocketError error) => error is SocketError.ConnectionReset or SocketError.ConnectionAborted
        or SocketError.Shutdown or SocketError.NotConnected or SocketError.TimedOut or SocketError.NetworkReset
        or SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.NetworkDown;

    private static Socket Adopt(QmpAddress address)
    {
        var handle = new SafeSocketHandle(address.Fd, ownsHandle: true);
        Socket? socket = null;
        try
        {
            socket = new Socket(handle);
        }
        catch (SocketException)
        {
            // Reported below, as the numbers are that Socket takes although they are no sockets.
        }
        if (socket?.SocketType != SocketType.Stream)
        {
            // Not ours to close: whatever this number is, it is not what was to be handed to us.
            handle.SetHandleAsInvalid();
            throw new QmpConnectException(
                QmpConnectFailure.Other, $"{address} is not an open stream socket: the parent process must pass one on.");
        }
        if (socket.Connected)
            return socket;
        socket.Dispose();
        throw new QmpConnectException(
            QmpConnectFailure.Other, $"{address} is a socket without a peer: pass a connected one, not a listening one.");
    }

    internal static QmpConnectException Explain(QmpAddress address, SocketException e) => e.SocketErrorCode switch
    {
        // ENOENT on a UNIX socket arrives as AddressNotAvailable; on TCP that is what it says: no IPv6 here, for example.
        SocketError.AddressNotAvailable when address.Kind == QmpAddressKind.Unix =>
            Failure(QmpConnectFailure.NotFound, address, e, NoSuchSocket(address)),
        SocketError.HostNotFound or SocketError.NoData => Failure(QmpConnectFailure.NotFound, address, e, "the host is not known."),
        // Errors .NET has no name for, such as ENOTDIR.
        SocketError.SocketError when address.Kind == QmpAddressKind.Unix && !Path.Exists(address.Path) =>
            Failure(QmpConnectFailure.NotFound, address, e, NoSuchSocket(address)),
        SocketError.ConnectionRefused => Failure(
            QmpConnectFailure.Refused, address, e, "nothing listens there; QEMU has probably ended or was started without this -qmp."),
        SocketError.AccessDenied => Failure(
            QmpConnectFailure.PermissionDenied, address, e, "permission denied; run as QEMU's user or grant access to the socket."),
        // EAGAIN: the listen queue of a UNIX socket is full (unix(7)), so other clients wait for the one that is served.
        SocketError.WouldBlock => NoGreeting(address, "has a full queue of waiting clients", e),
        SocketError.TooManyOpenSockets => Failure(QmpConnectFailure.Other, address, e, "too many open files; allow more (ulimit -n)."),
        _ => Failure(QmpConnectFailure.Other, address, e, $"{e.Message}."),
    };

    private static string NoSuchSocket(QmpAddress address) =>
        $"there is no such socket; start QEMU with -qmp {address},server=on,wait=off or correct the path.";

    /// <summary>The sentence for a monitor that somebody else holds.</summary>
    public static QmpConnectException NoGreeting(QmpAddress address, string what, Exception? inner) => new(
        QmpConnectFailure.NoGreeting,
        $"{address} {what}: another client probably holds this monitor, as QEMU serves one client per -qmp socket; "
        + "give QEMU a second one, for example -qmp unix:/run/second.qmp,server=on,wait=off, and use that.",
        inner);

    private static QmpConnectException Failure(QmpConnectFailure reason, QmpAddress address, Exception inner, string why) =>
        new(reason, $"Cannot connect to QMP at {address}: {why}", inner);
}
