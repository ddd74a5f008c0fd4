using System.Net.Sockets;
using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net;

/// <summary>
/// Says whether a chardev could be opened, without opening it: nothing is created, removed or connected to. The sentences are those
/// <see cref="SocketChardev.OpenAsync"/> would fail with.
/// </summary>
public static class ChardevProbe
{
    /// <summary>
    /// Null when a server could listen there. Of a path the directory and what is at the path are looked at; a TCP port or an abstract
    /// name is bound for an instant and never listened on, which nobody can notice. A descriptor is only asked.
    /// </summary>
    public static async Task<string?> WhyNotListenAsync(ChardevAddress address, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(address);
        try
        {
            switch (address)
            {
                case ChardevAddress.Unix unix:
                    return WhyNotBind(unix) is { } reason ? $"Failed to bind socket to '{unix.Path}': {reason}" : null;
                case ChardevAddress.Inet inet:
                    (await ChardevSockets.OpenInetAsync(inet, backlog: null, cancellationToken)).Dispose();
                    return null;
                default:
                    return ChardevSockets.WhyNotListener((ChardevAddress.Fd)address);
            }
        }
        catch (ChardevException e)
        {
            return e.Message;
        }
    }

    /// <summary>Null when a client may connect to the path, as far as the file tells: whether anybody listens is not asked.</summary>
    public static string? WhyNotConnect(ChardevAddress.Unix unix)
    {
        ArgumentNullException.ThrowIfNull(unix);
        try
        {
            _ = ChardevSockets.EndPointOf(unix);
        }
        catch (ChardevException e)
        {
            return e.Message;
        }

        // connect(2) follows links, and takes write permission on the socket.
        var errno = unix.Abstract ? 0 : FileKinds.Access(unix.Path, Constants.W_OK);
        return errno == 0 ? null : $"Failed to connect to '{unix.Path}': {LinuxException.Reason(errno)}";
    }

    private static string? WhyNotBind(ChardevAddress.Unix unix)
    {
        var endPoint = ChardevSockets.EndPointOf(unix);
        try
        {
            if (unix.Abstract)
            {
                using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                socket.Bind(endPoint);
                return null;
            }

            return FileKinds.Of(unix.Path) is null or Constants.S_IFSOCK ? PathAccess.WhyNotCreate(unix.Path) : ChardevSockets.InTheWay;
        }
        catch (SocketException e)
        {
            return ChardevSockets.Reason(e, isUnix: true);
        }
        catch (LinuxException e)
        {
            return LinuxException.Reason(e.Errno);
        }
    }
}
