using System.ComponentModel;
using System.Net.Sockets;
using QmpRedirector.Net;

namespace QmpRedirector.Send;

/// <summary>Writes whole frames to a peer: the framing has no way to get back in step.</summary>
internal sealed class PeerWriter(Socket peer, TimeProvider time)
{
    // How long a peer may take to read what it was sent, and to close.
    private static readonly TimeSpan _lastRead = TimeSpan.FromSeconds(5);

    // The same, and for a frame half written, once we are told to stop: together they end within a second.
    private static readonly TimeSpan _stopping = TimeSpan.FromMilliseconds(400);

    /// <summary>Returns when the kernel has all of the frame. A cancelled frame is finished, if the peer still takes it.</summary>
    /// <exception cref="PeerGoneException">It took no more, or is gone.</exception>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        try
        {
            // Not given the token: a send that is cancelled half way does not say how far it came.
            var sending = peer.SendAsync(frame, SocketFlags.None, CancellationToken.None);
            if (!sending.IsCompleted)
                await FinishAsync(sending.AsTask(), cancellationToken);
            else
                await sending;
        }
        catch (SocketException e)
        {
            throw new PeerGoneException($"left: {new Win32Exception(e.NativeErrorCode).Message}");
        }
    }

    /// <summary>Ends the stream, and waits for the peer to read it to its end: less long when cancelled.</summary>
    /// <exception cref="PeerGoneException">It left before it had read everything.</exception>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        var patience = cancellationToken.IsCancellationRequested ? _stopping : _lastRead;
        if (!await SocketChardev.CloseAsync(peer, patience, time, patience == _stopping ? CancellationToken.None : cancellationToken))
            throw new PeerGoneException("left without having read everything");
    }

    private async Task FinishAsync(Task sending, CancellationToken cancellationToken)
    {
        try
        {
            await sending.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            try
            {
                await sending.WaitAsync(_stopping, time, CancellationToken.None);
            }
            catch (TimeoutException)
            {
                throw new PeerGoneException("does not take the rest of the frame it is being sent");
            }
        }
    }
}
