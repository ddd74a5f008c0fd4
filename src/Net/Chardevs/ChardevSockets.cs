using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;
using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net;

/// <summary>Opens the sockets of a chardev, with QEMU's sentences (util/qemu-sockets.c) for what goes wrong.</summary>
internal static class ChardevSockets
{
    // sizeof(sun_path) (linux/un.h); a path needs room for its NUL.
    internal const int LongestPath = 107;

    internal const string InTheWay = "something that is not a socket is in the way; remove it or choose another path";

    internal static async Task<Socket> ListenAsync(SocketChardevOptions options, CancellationToken cancellationToken)
    {
        switch (options.Address)
        {
            case ChardevAddress.Unix unix:
                return ListenUnix(unix, options);
            case ChardevAddress.Inet inet:
                return await OpenInetAsync(inet, options.Backlog, cancellationToken);
            default:
                return InheritListener((ChardevAddress.Fd)options.Address);
        }
    }

    internal static async Task<Socket> ConnectAsync(SocketChardevOptions options, CancellationToken cancellationToken)
    {
        switch (options.Address)
        {
            case ChardevAddress.Unix unix:
                return await ConnectAsync(EndPointOf(unix), ProtocolType.Unspecified, $"'{unix.Path}'", cancellationToken);
            case ChardevAddress.Inet inet:
                return await ConnectInetAsync(inet, cancellationToken);
            default:
                return Inherit((ChardevAddress.Fd)options.Address);
        }
    }

    /// <summary>
    /// Sets a connection up: on TCP without Nagle's delay, since frames are written in batches already and a COLO secondary's answer waits
    /// for each.
    /// </summary>
    internal static Socket Prepare(Socket socket)
    {
        if (socket.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6)
            socket.NoDelay = true;
        return socket;
    }

    private static Socket ListenUnix(ChardevAddress.Unix unix, SocketChardevOptions options)
    {
        var endPoint = EndPointOf(unix);
        Socket? socket = null;
        try
        {
            socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            RemoveStale(unix);
            if (options.Mode is { } mode)
                SetMode(socket, mode);
            socket.Bind(endPoint);
            socket.Listen(options.Backlog);
            return socket;
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            socket?.Dispose();
            throw new ChardevException($"Failed to bind socket to '{unix.Path}': {WhyNotBound(unix, e)}", e);
        }
    }

    // .NET has no code for EROFS and does not keep the kernel's, but the directory can be asked.
    private static string WhyNotBound(ChardevAddress.Unix unix, Exception e) =>
        e is SocketException { SocketErrorCode: SocketError.SocketError } && !unix.Abstract && PathAccess.WhyNotCreate(unix.Path) is { } reason
            ? reason
            : Reason(e, isUnix: true);

    // Linux gives the file the mode of the socket's own inode (net/unix/af_unix.c: unix_bind_bsd), so it never has a wider one.
    private static void SetMode(Socket socket, UnixFileMode mode)
    {
        using var handle = new SafeFileHandle(socket.Handle, ownsHandle: false);
        File.SetUnixFileMode(handle, mode);
    }

    // As QEMU, which unlinks whatever is at the path; but only a socket, and never through a symbolic link.
    private static void RemoveStale(ChardevAddress.Unix unix)
    {
        if (unix.Abstract)
            return;
        switch (FileKinds.Of(unix.Path))
        {
            case null:
                break;
            case Constants.S_IFSOCK:
                File.Delete(unix.Path);
                break;
            default:
                throw new IOException(InTheWay);
        }
    }

    /// <summary>Binds to the first address and port that are free, and listens there unless only that was to be known.</summary>
    internal static async Task<Socket> OpenInetAsync(ChardevAddress.Inet inet, int? backlog, CancellationToken cancellationToken)
    {
        SocketException? last = null;
        foreach (var address in await ResolveAsync(inet, listening: true, cancellationToken))
        {
            for (var port = inet.Port; port <= (inet.To ?? inet.Port); port++)
            {
                Socket? socket = null;
                try
                {
                    socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                    if (address.Equals(IPAddress.IPv6Any))
                        socket.DualMode = inet.Ipv4 != false;
                    socket.Bind(new IPEndPoint(address, port));
                    if (backlog is { } waiting)
                        socket.Listen(waiting);
                    return socket;
                }
                catch (SocketException e)
                {
                    socket?.Dispose();
                    last = e;
                }
            }
        }

        throw new ChardevException($"Failed to bind socket to '{inet.Host}:{inet.Port}': {Reason(last)}", last);
    }

    private static async Task<Socket> ConnectInetAsync(ChardevAddress.Inet inet, CancellationToken cancellationToken)
    {
        ChardevException? last = null;
        foreach (var address in await ResolveAsync(inet, listening: false, cancellationToken))
        {
            try
            {
                var endPoint = new IPEndPoint(address, inet.Port);
                return await ConnectAsync(endPoint, ProtocolType.Tcp, $"'{inet.Host}:{inet.Port}'", cancellationToken);
            }
            catch (ChardevException e)
            {
                last = e;
            }
        }

        throw last ?? new ChardevException($"Failed to connect to '{inet.Host}:{inet.Port}': the name has no address of that kind");
    }

    private static async Task<Socket> ConnectAsync(
        EndPoint endPoint, ProtocolType protocol, string where, CancellationToken cancellationToken)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(endPoint.AddressFamily, SocketType.Stream, protocol);
            await socket.ConnectAsync(endPoint, cancellationToken);
            return Prepare(socket);
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            throw new ChardevException($"Failed to connect to {where}: {Reason(e, isUnix: endPoint is UnixDomainSocketEndPoint)}", e);
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    private static async Task<IPAddress[]> ResolveAsync(ChardevAddress.Inet inet, bool listening, CancellationToken cancellationToken)
    {
        bool Wanted(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6
            ? inet.Ipv6 ?? inet.Ipv4 != true
            : inet.Ipv4 ?? inet.Ipv6 != true;
        if (inet.Host.Length == 0)
        {
            IPAddress[] any = listening ? [IPAddress.IPv6Any, IPAddress.Any] : [IPAddress.IPv6Loopback, IPAddress.Loopback];
            return [.. any.Where(Wanted)];
        }

        // The resolver refuses the unspecified addresses, which a listener may well be given.
        if (IPAddress.TryParse(inet.Host, out var literal))
            return Wanted(literal) ? [literal] : [];
        try
        {
            return [.. (await Dns.GetHostAddressesAsync(inet.Host, cancellationToken)).Where(Wanted)];
        }
        catch (SocketException e)
        {
            throw new ChardevException($"address resolution failed for '{inet.Host}:{inet.Port}': {Reason(e)}", e);
        }
    }

    private static Socket Inherit(ChardevAddress.Fd descriptor)
    {
        var handle = new SafeSocketHandle(descriptor.Number, ownsHandle: true);
        try
        {
            // .NET makes a Socket of any descriptor; asking for its type is what fails on one that is none.
            var socket = new Socket(handle);
            _ = socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Type);
            return socket;
        }
        catch (SocketException e)
        {
            // Whatever it is, it is not ours to close.
            handle.SetHandleAsInvalid();
            throw new ChardevException($"File descriptor '{descriptor.Number}' is not a socket: {Reason(e)}", e);
        }
    }

    // Unasked, a socket that does not listen would be found out only when a peer is to be accepted, again and again.
    private static Socket InheritListener(ChardevAddress.Fd descriptor)
    {
        if (WhyNotListener(descriptor) is { } sentence)
            throw new ChardevException(sentence);
        return Inherit(descriptor);
    }

    /// <summary>Null when the descriptor is a socket that listens. It stays whose it is.</summary>
    internal static string? WhyNotListener(ChardevAddress.Fd descriptor)
    {
        using var handle = new SafeSocketHandle(descriptor.Number, ownsHandle: false);
        try
        {
            using var socket = new Socket(handle);
            return socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection) is not 0
                ? null
                : $"File descriptor '{descriptor.Number}' is a socket that does not listen: pass one that does; a chardev takes a connection "
                    + "with server=off";
        }
        catch (SocketException e)
        {
            return $"File descriptor '{descriptor.Number}' is not a socket: {Reason(e)}";
        }
    }

    internal static UnixDomainSocketEndPoint EndPointOf(ChardevAddress.Unix unix)
    {
        if (ChardevAddress.WhyTooLong(unix.Path) is { } sentence)
            throw new ChardevException(sentence);
        if (!unix.Abstract)
            return new UnixDomainSocketEndPoint(unix.Path);
        var padding = unix.Tight ? 0 : LongestPath - Encoding.UTF8.GetByteCount(unix.Path);
        return new UnixDomainSocketEndPoint('\0' + unix.Path + new string('\0', padding));
    }

    internal static string Reason(Exception? e, bool isUnix = false) => e switch
    {
        // .NET maps ENOENT of a Unix socket's path to a code of its own.
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } when isUnix => new Win32Exception(Errno.ENOENT).Message,

        // EMFILE, or the much rarer ENFILE: .NET keeps no difference and speaks of the latter.
        SocketException { SocketErrorCode: SocketError.TooManyOpenSockets } => LinuxException.TooManyFiles,

        // .NET's own texts for socket errors name Windows ideas; the kernel's words are what users search for.
        SocketException s => new Win32Exception(s.NativeErrorCode).Message,
        UnauthorizedAccessException => "Permission denied",
        null => "no address to use",
        _ => e.Message,
    };
}
