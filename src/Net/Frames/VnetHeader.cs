using System.Buffers.Binary;

namespace QmpRedirector.Net;

/// <summary>
/// <c>struct virtio_net_hdr</c> (linux/virtio_net.h): what a guest must know of a frame whose checksum or segmentation is not finished yet.
/// </summary>
/// <remarks>
/// <para>Layout, little endian, no padding:</para>
/// <code>
/// offset  size  field
///      0     1  flags        NEEDS_CSUM 1, DATA_VALID 2
///      1     1  gso_type     NONE 0, TCPV4 1, UDP 3, TCPV6 4, UDP_L4 5; ECN 0x80 is or-ed in
///      2     2  hdr_len      bytes of Ethernet + IP + transport header (a hint; only with GSO)
///      4     2  gso_size     payload bytes of each segment (only with GSO)
///      6     2  csum_start   where summing starts, from the Ethernet header's first byte (only with NEEDS_CSUM)
///      8     2  csum_offset  where the sum goes, from csum_start (only with NEEDS_CSUM)
/// </code>
/// <para>
/// A peer takes it in one of four sizes: 10 (<c>virtio_net_hdr</c>, legacy without mergeable buffers), 12 (<c>virtio_net_hdr_mrg_rxbuf</c>
/// and <c>virtio_net_hdr_v1</c>: + u16 num_buffers, every modern guest), 20 (<c>virtio_net_hdr_v1_hash</c>: + u32 hash_value, u16
/// hash_report, u16 padding) and 24 (<c>virtio_net_hdr_v1_hash_tunnel</c>: + u16 outer_th_offset, u16 inner_nh_offset; UDP tunnel offload,
/// QEMU 10.2). All of what follows the ten bytes is zero from a host: QEMU sets num_buffers itself when it delivers a frame
/// (hw/net/virtio-net.c).
/// </para>
/// <para>
/// VERSION_1 fixes the byte order to little endian; a legacy device uses the guest's, which is the same on every little-endian guest.
/// </para>
/// </remarks>
/// <param name="Flags">Or of <see cref="NeedsChecksumFlag"/> and <see cref="DataValidFlag"/>.</param>
/// <param name="GsoType">One of the Gso constants, possibly with <see cref="GsoEcn"/>.</param>
/// <param name="HdrLen">Bytes of headers in front of the payload to segment.</param>
/// <param name="GsoSize">Payload bytes of each segment.</param>
/// <param name="CsumStart">Offset in the Ethernet frame at which the checksum starts.</param>
/// <param name="CsumOffset">Offset of the checksum field from <paramref name="CsumStart"/>.</param>
public readonly record struct VnetHeader(byte Flags, byte GsoType, ushort HdrLen, ushort GsoSize, ushort CsumStart, ushort CsumOffset)
{
    /// <summary>Bytes of <c>struct virtio_net_hdr</c>: the whole legacy header and the part every other form begins with.</summary>
    public const int LegacySize = 10;

    /// <summary>Bytes of <c>virtio_net_hdr_mrg_rxbuf</c> and <c>virtio_net_hdr_v1</c>.</summary>
    public const int MergeableSize = 12;

    /// <summary>Bytes of <c>virtio_net_hdr_v1_hash</c>.</summary>
    public const int HashSize = 20;

    /// <summary>Bytes of <c>virtio_net_hdr_v1_hash_tunnel</c>.</summary>
    public const int TunnelSize = 24;

    /// <summary>VIRTIO_NET_HDR_F_NEEDS_CSUM: the checksum field holds the pseudo-header's sum only.</summary>
    public const byte NeedsChecksumFlag = 1;

    /// <summary>VIRTIO_NET_HDR_F_DATA_VALID: somebody has already checked the checksum.</summary>
    public const byte DataValidFlag = 2;

    /// <summary>VIRTIO_NET_HDR_GSO_NONE: a frame as it goes on the wire.</summary>
    public const byte GsoNone = 0;

    /// <summary>VIRTIO_NET_HDR_GSO_TCPV4: TCP over IPv4 to be cut into segments.</summary>
    public const byte GsoTcpV4 = 1;

    /// <summary>VIRTIO_NET_HDR_GSO_UDP: one UDP datagram to be cut into IP fragments (UFO).</summary>
    public const byte GsoUdp = 3;

    /// <summary>VIRTIO_NET_HDR_GSO_TCPV6: TCP over IPv6 to be cut into segments.</summary>
    public const byte GsoTcpV6 = 4;

    /// <summary>VIRTIO_NET_HDR_GSO_UDP_L4: UDP to be cut into datagrams (USO).</summary>
    public const byte GsoUdpL4 = 5;

    /// <summary>VIRTIO_NET_HDR_GSO_ECN: or-ed to a TCP type when the frame carries CWR.</summary>
    public const byte GsoEcn = 0x80;

    /// <summary>
    /// The checksum must be finished before the frame goes where nobody reads this header: <see cref="Checksum.TryFinish"/>.
    /// </summary>
    public bool NeedsChecksum => (Flags & NeedsChecksumFlag) != 0;

    /// <summary>The frame is a super-frame, larger than the link's MTU, still to be segmented.</summary>
    public bool IsGso => GsoType != GsoNone;

    /// <summary>Reads the header's first ten bytes.</summary>
    /// <param name="source">At least <see cref="LegacySize"/> bytes; what follows them is not looked at.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="source"/> is shorter than <see cref="LegacySize"/>.</exception>
    public static VnetHeader Read(ReadOnlySpan<byte> source)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(source.Length, LegacySize, nameof(source));
        return new VnetHeader(
            source[0],
            source[1],
            BinaryPrimitives.ReadUInt16LittleEndian(source[2..]),
            BinaryPrimitives.ReadUInt16LittleEndian(source[4..]),
            BinaryPrimitives.ReadUInt16LittleEndian(source[6..]),
            BinaryPrimitives.ReadUInt16LittleEndian(source[8..]));
    }

    /// <summary>Writes the ten bytes and zeroes the rest of <paramref name="destination"/> (num_buffers, hash, tunnel offsets).</summary>
    /// <param name="destination">As long as the peer's header: 10, 12, 20 or 24 bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="destination"/> is shorter than <see cref="LegacySize"/>.</exception>
    public void Write(Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, LegacySize, nameof(destination));
        destination[0] = Flags;
        destination[1] = GsoType;
        BinaryPrimitives.WriteUInt16LittleEndian(destination[2..], HdrLen);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[4..], GsoSize);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[6..], CsumStart);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[8..], CsumOffset);
        destination[LegacySize..].Clear();
    }

    /// <summary>The header of the same frame once <see cref="VlanTag.Insert"/> has put four bytes in front of its network header.</summary>
    /// <remarks>
    /// Only csum_start moves; hdr_len stays, though it is then four short. That is what the TAP's own reader gets: tun_put_user
    /// (drivers/net/tun.c) passes vlan_hlen to virtio_net_hdr_from_skb (linux/virtio_net.h), which adds it to csum_start alone.
    /// </remarks>
    public VnetHeader AfterVlanInsert() =>
        NeedsChecksum ? this with { CsumStart = (ushort)(CsumStart + VlanTag.Size) } : this;
}
