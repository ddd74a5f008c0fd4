namespace QmpRedirector.Net;

/// <summary>A number of frames and their bytes: Ethernet frames without any virtio-net header or framing, VLAN tags in metadata not counted.</summary>
/// <param name="Packets">Frames.</param>
/// <param name="Bytes">Their bytes.</param>
public readonly record struct PacketCount(long Packets, long Bytes)
{
    internal PacketCount Plus(long bytes) => new(Packets + 1, Bytes + bytes);

    internal PacketCount Plus(PacketCount more) => new(Packets + more.Packets, Bytes + more.Bytes);
}
