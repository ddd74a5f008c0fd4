namespace QmpRedirector.Net;

/// <summary>What QEMU takes from a chardev as one frame (net/net.c net_fill_rstate).</summary>
public static class FrameLimits
{
    /// <summary>
    /// The largest length a frame may announce, virtio-net header included: NET_BUFSIZE (include/net/net.h), 4096 + 65536. QEMU's reader
    /// takes 69632 and ends its reading for good at 69633.
    /// </summary>
    public const int MaxLength = 4096 + 65536;

    /// <summary>The smallest length: a frame of length 0 wedges the receiving netdev's queue.</summary>
    public const int MinLength = 1;
}
