namespace QmpRedirector.Net.Interop;

/// <summary>
/// Tries what a capture needs of the kernel, on a packet socket that is never bound and so never receives a frame. What the kernel
/// answers is worth more than its version: distributions carry features back, and sandboxes take them away.
/// </summary>
public static class CaptureProbe
{
    /// <summary>Opens the socket, sets each option, makes the rings of a backlog, and closes everything again.</summary>
    /// <param name="backlog">Bytes of kernel memory for frames not yet sent.</param>
    public static CaptureSupport Try(long backlog)
    {
        List<string> accepted = [];
        List<LinuxException> refused = [];
        PacketSocket socket;
        try
        {
            socket = PacketSocket.Create();
        }
        catch (LinuxException e)
        {
            return new CaptureSupport([], [e], null);
        }

        using (socket)
        {
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
        }

        if (refused.Count > 0)
            return new CaptureSupport(accepted, refused, null);
        try
        {
            using var rings = SlotRings.Open(backlog, []);
            accepted.Add("PACKET_RX_RING");
            return new CaptureSupport(accepted, refused, rings.Capacity);
        }
        catch (LinuxException e)
        {
            return new CaptureSupport(accepted, [e], null);
        }
    }
}
