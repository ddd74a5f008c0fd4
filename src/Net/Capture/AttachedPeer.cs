using System.Net.Sockets;
using System.Runtime.InteropServices;
using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net;

/// <summary>The connection a data thread writes to.</summary>
internal sealed class AttachedPeer(ForwarderCommand.AttachPeer command)
{
    // A Unix peer that only shuts down its sending side may still read; on TCP a closed peer looks the same, and to go on writing
    // would lose frames into a dead connection.
    private readonly bool _halfCloseIsPossible = command.Peer.AddressFamily == AddressFamily.Unix;

    internal SafeHandle Handle { get; } = command.Peer.SafeHandle;

    /// <summary>The peer will send nothing more, but may still read.</summary>
    internal bool AtEnd { get; private set; }

    internal void Lose(PeerLoss reason) => command.Lost.TrySetResult(reason);

    /// <summary>Looks at what poll(2) reported beside POLLOUT; false when the connection is over.</summary>
    internal bool StillThere(short ready)
    {
        if ((ready & Constants.POLLIN) == 0)
            return (ready & (Constants.POLLHUP | Constants.POLLERR)) == 0;
        var read = StreamPeer.Discard(Handle);
        if (read > 0 || read == -Errno.EAGAIN)
            return true;
        if (read < 0 || (ready & Constants.POLLHUP) != 0 || !_halfCloseIsPossible)
            return false;
        AtEnd = true;
        return true;
    }
}
