using System.Runtime.InteropServices;
using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net.Interop;

/// <summary>The peer's side of a connected chardev socket, as the data thread needs it beside <see cref="SendBatch"/>.</summary>
internal static unsafe class StreamPeer
{
    /// <summary>
    /// Reads and forgets what the peer sent: the number of bytes, 0 at its end of file, or minus errno. Nothing is expected from the
    /// reader of an outdev, but bytes left unread would turn our own close into a reset that discards frames it has not read yet.
    /// </summary>
    internal static int Discard(SafeHandle peer)
    {
        const int Length = 4096;
        var scratch = stackalloc byte[Length];
        nint read;

        // SAFETY: Length bytes on this frame.
        do
        {
            read = Libc.recv(peer, scratch, Length, MSG_DONTWAIT);
        }
        while (read < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);

        return read < 0 ? -Marshal.GetLastPInvokeError() : (int)read;
    }
}
