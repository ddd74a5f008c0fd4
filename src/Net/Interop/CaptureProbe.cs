namespace QmpRedirector.Net.Interop;

/// <summary>
/// Tries what a capture needs of the kernel, on a packet socket that is never bound and so never receives a frame. What the kernel
/// answers is worth more than its version: distributions carry features back, and sandboxes take them away.
/// </summary>
public static class CaptureProbe
{
    /// <summary>Opens the socket, sets each option and closes it again.</summary>
    /// <param name="backlog">Bytes of receive buffer to ask for, as the kernel charges them.</param>
    public static CaptureSupport Try(long backlog)
    {
        PacketSocket socket;
        try
        {
            socket = PacketSocket.Create();
        }
        catch (LinuxException e)
        {
            return new CaptureSupport([], [e], 0);
        }

        using (socket)
        {
            List<string> accepted = [];
            List<LinuxException> refused = [];
            foreach (var (name, set) in PacketSocket.Options)
            {
                try
                {
                    set(socket);
                    accepted.Add(name);
                }
                catch (LinuxException e)
                {
                    refused.Add(e);
                }
            }

            try
            {
                accepted.Add(socket.SetReceiveBuffer(backlog) ? "SO_RCVBUFFORCE" : "SO_RCVBUF");
            }
            catch (LinuxException e)
            {
                refused.Add(e);
            }

            return new CaptureSupport(accepted, refused, socket.ReceiveBuffer);
        }
    }
}
