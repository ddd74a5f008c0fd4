namespace QmpRedirector.Net.Interop;

/// <summary>What stands in front of a frame: the framing, and a virtio_net_hdr in the length the consumer expects.</summary>
internal unsafe interface IFront
{
    /// <summary>Bytes of it.</summary>
    uint Length { get; }

    /// <summary>Whether it is all that this frame needs.</summary>
    bool IsEnoughFor(byte* frame);

    /// <summary>Writes it.</summary>
    /// <param name="start">Where it begins; its end is that of the 10-byte virtio_net_hdr of PACKET_VNET_HDR, which is read from there.</param>
    /// <param name="captured">Bytes of the frame behind it.</param>
    void Write(byte* start, uint captured);
}
