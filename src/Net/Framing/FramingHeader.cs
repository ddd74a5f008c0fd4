using System.Buffers.Binary;

namespace QmpRedirector.Net;

/// <summary>What precedes each frame on a chardev (net/filter-mirror.c, read by net/net.c net_fill_rstate).</summary>
/// <remarks>
/// <code>
/// offset  size  field
///      0     4  len            bytes that follow this header: virtio-net header (if any) + Ethernet frame; big endian
///      4     4  vnet_hdr_len   bytes of virtio-net header among them; big endian; only with vnet_hdr_support=on
/// </code>
/// There is no magic, no version and no way to get back in step, so both ends must agree on vnet_hdr_support and send whole frames only.
/// </remarks>
public static class FramingHeader
{
    /// <summary>Bytes of the largest header.</summary>
    public const int MaxSize = 8;

    /// <summary>Bytes in front of each frame: 8 with vnet_hdr_support=on, else 4.</summary>
    public static int Size(bool vnetHdrSupport) => vnetHdrSupport ? MaxSize : sizeof(uint);

    /// <summary>Writes the header of a frame.</summary>
    /// <param name="destination">At least <see cref="Size"/> bytes.</param>
    /// <param name="length">Bytes of virtio-net header and Ethernet frame together.</param>
    /// <param name="vnetHdrLen">How many of them are virtio-net header; not written without <paramref name="vnetHdrSupport"/>.</param>
    /// <param name="vnetHdrSupport">The stream's vnet_hdr_support.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="length"/> is one a QEMU does not survive (<see cref="FrameLimits"/>), or <paramref name="vnetHdrLen"/> is negative
    /// or more than <paramref name="length"/>.
    /// </exception>
    public static void Write(Span<byte> destination, int length, int vnetHdrLen, bool vnetHdrSupport)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, FrameLimits.MinLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, FrameLimits.MaxLength);
        ArgumentOutOfRangeException.ThrowIfNegative(vnetHdrLen);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(vnetHdrLen, length);
        BinaryPrimitives.WriteInt32BigEndian(destination, length);
        if (vnetHdrSupport)
            BinaryPrimitives.WriteInt32BigEndian(destination[sizeof(uint)..], vnetHdrLen);
    }
}
