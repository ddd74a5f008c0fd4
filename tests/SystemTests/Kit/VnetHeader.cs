using System.Buffers.Binary;

namespace QmpRedirector.SystemTests.Kit;

/// <summary>The first ten bytes of struct virtio_net_hdr (linux/virtio_net.h), little-endian, to send through PACKET_VNET_HDR.</summary>
internal static class VnetHeader
{
    public const int Length = 10;
    public const byte GsoTcpV4 = 1;
    public const byte GsoUdp = 5;

    private const byte NeedsChecksum = 1;

    /// <summary>"The checksum at start + offset is unfinished" and, with <paramref name="gsoSize"/>, "cut this into segments".</summary>
    public static byte[] Unfinished(int start, int offset, byte gsoType = 0, int gsoSize = 0, int headerLength = 0)
    {
        var header = new byte[Length];
        header[0] = NeedsChecksum;
        header[1] = gsoType;
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(2), (ushort)headerLength);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(4), (ushort)gsoSize);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(6), (ushort)start);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), (ushort)offset);
        return header;
    }
}
