namespace QmpRedirector.Send;

/// <summary>Why a packet of the capture file is not sent.</summary>
internal enum SkipReason
{
    /// <summary>A snapshot length cut it: the rest of the frame is not in the file.</summary>
    Truncated,

    /// <summary>Over 69632 bytes with its virtio-net header: QEMU would stop reading for good.</summary>
    Oversize,

    /// <summary>No bytes at all: a frame of length 0 wedges the receiving netdev's queue.</summary>
    Empty,
}
