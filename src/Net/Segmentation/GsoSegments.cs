using System.Buffers.Binary;

namespace QmpRedirector.Net;

/// <summary>
/// How a GSO super-frame is cut into the frames that go on the wire, and each of them: what the kernel does in software for a device
/// without the offload. For consumers of plain Ethernet (<c>vnet_hdr_len=0</c>).
/// </summary>
/// <remarks>
/// <para>
/// TCP over IPv4 and IPv6 (tcp_gso_segment, net/ipv4/tcp_offload.c) and UDP into datagrams (USO; __udp_gso_segment,
/// net/ipv4/udp_offload.c), behind VLAN tags, IPv4 options, and the IPv6 extension headers the kernel's GSO walks over. A segment is all
/// headers of the super-frame and its part of the payload, which is everything to the frame's end, whatever the IP header says. In it:
/// </para>
/// <list type="bullet">
/// <item>IPv4: total length, header checksum, and an identification one higher than the segment's before (inet_gso_segment). IPv6: payload
/// length.</item>
/// <item>TCP: sequence number; FIN and PSH only in the last segment, CWR only in the first (RFC 3168), all other flags in all.</item>
/// <item>UDP: length.</item>
/// <item>A finished checksum; for UDP all ones where it comes to zero (RFC 768). It starts from what the sender left in the field, which
/// knows the real destination of a packet with a routing header.</item>
/// </list>
/// <para>
/// Refused, as by the kernel (virtio_net_hdr_to_skb, linux/virtio_net.h, and the functions above): a type that does not fit the packet,
/// UDP with ECN or without an unfinished checksum ("requires non zero csum, for symmetry with GSO"), a checksum anywhere but in the
/// transport header, a gso_size of 0, fragments by extension header, tunnels (0x20, 0x40). VIRTIO_NET_HDR_GSO_UDP (UFO) too: Linux has not
/// sent it since 4.14, and a packet socket refuses to describe it (virtio_net_hdr_from_skb). Beyond that, headers longer than <see
/// cref="MaxHeaders"/> are refused, because each segment repeats them. hdr_len is not looked at.
/// </para>
/// <para>
/// A value of offsets and sums, without a reference to the frame: it can be kept while the peer takes no more, and go on at any segment.
/// Every method is given the same frame, unchanged. Nothing is allocated.
/// </para>
/// </remarks>
public readonly struct GsoSegments
{
    /// <summary>Bytes of all headers of a super-frame, Ethernet's included. Without IPv6 extension headers there are at most 166.</summary>
    public const int MaxHeaders = 512;

    private const int TcpSize = 20;
    private const int UdpSize = 8;
    private const byte Tcp = 6;
    private const byte Udp = 17;
    private const byte Fin = 0x01;
    private const byte Psh = 0x08;
    private const byte Cwr = 0x80;

    private readonly TransportLayout _layout;
    private readonly VnetHeader _header;
    private readonly int _headers;
    private readonly int _payload;

    // What is the same in the checksums of all segments: the IPv4 header's, and the transport header's with its pseudo-header's.
    private readonly uint _networkSum;
    private readonly uint _transportSum;

    private GsoSegments(ReadOnlySpan<byte> frame, in VnetHeader header, in TransportLayout layout, int headers)
    {
        _layout = layout;
        _header = header;
        _headers = headers;
        _payload = frame.Length - headers;
        Count = Math.Max(1, (_payload + header.GsoSize - 1) / header.GsoSize);
        if (Count == 1)
            return;
        var transport = frame[layout.Transport..headers];
        if (!layout.IsIp6)
            _networkSum = SumBut(frame[layout.Network..layout.Transport], [2, 4, 10]);
        _transportSum = PseudoHeader(frame) + (layout.Protocol == Tcp ? SumBut(transport, [4, 6, 12, 16]) : SumBut(transport, [4, 6]));
    }

    /// <summary>
    /// Frames that come of it. 1: the payload fits one segment, so it is not really GSO, and the frame may go as it is once <see
    /// cref="Checksum.TryFinish"/> has finished it.
    /// </summary>
    public int Count { get; }

    private int GsoSize => _header.GsoSize;

    private bool IsTcp => _layout.Protocol == Tcp;

    /// <summary>Finds how to cut a super-frame.</summary>
    /// <param name="frame">The Ethernet frame, without its virtio-net header.</param>
    /// <param name="header">Its header, of <see cref="VnetHeader.IsGso"/>.</param>
    /// <param name="segments">The plan.</param>
    /// <returns>False when it cannot be segmented; no content of either makes it throw.</returns>
    public static bool TryPlan(ReadOnlySpan<byte> frame, in VnetHeader header, out GsoSegments segments)
    {
        segments = default;
        if (header.GsoSize == 0 || !TransportLayout.TryFind(frame, out var layout) || !TypeFits(header.GsoType, layout))
            return false;
        var isTcp = layout.Protocol == Tcp;
        var smallest = isTcp ? TcpSize : UdpSize;
        if (frame.Length < layout.Transport + smallest)
            return false;
        var size = isTcp ? frame[layout.Transport + 12] >> 4 << 2 : UdpSize;
        var headers = layout.Transport + size;
        if (size < smallest || frame.Length < headers || headers > MaxHeaders)
            return false;
        if (header.NeedsChecksum ? header.CsumStart != layout.Transport || header.CsumOffset != ChecksumField(isTcp) : !isTcp)
            return false;

        // A jumbo frame's worth of segment may still not fit the IP header's length.
        var planned = new GsoSegments(frame, header, layout, headers);
        if (planned.Count > 1 && headers + header.GsoSize - layout.Network > ushort.MaxValue)
            return false;
        segments = planned;
        return true;
    }

    /// <summary>Where in the super-frame the payload of segment <paramref name="index"/> lies.</summary>
    public Range Payload(int index)
    {
        var start = _headers + Offset(index);
        return start..(start + Math.Min(GsoSize, _payload - Offset(index)));
    }

    /// <summary>Bytes of segment <paramref name="index"/>: the headers, and up to gso_size of payload.</summary>
    public int Length(int index) => _headers + Math.Min(GsoSize, _payload - Offset(index));

    /// <summary>Writes a whole segment.</summary>
    /// <param name="index">From 0 to <see cref="Count"/> - 1, in any order.</param>
    /// <param name="frame">The super-frame; must not overlap the destination.</param>
    /// <param name="destination">At least <see cref="Length"/> bytes; those behind them stay as they are.</param>
    /// <returns><see cref="Length"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such segment.</exception>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short.</exception>
    public int Write(int index, ReadOnlySpan<byte> frame, Span<byte> destination)
    {
        var headers = WriteHeaders(index, frame, destination);
        var payload = frame[Payload(index)];
        payload.CopyTo(destination[headers..]);
        return headers + payload.Length;
    }

    /// <summary>
    /// Writes a segment's headers alone, finished: <see cref="Payload"/> of the super-frame follows them, and need not be copied if it is
    /// sent from where it lies.
    /// </summary>
    /// <param name="index">From 0 to <see cref="Count"/> - 1, in any order.</param>
    /// <param name="frame">The super-frame; must not overlap the destination.</param>
    /// <param name="destination">At least <see cref="MaxHeaders"/> bytes always suffice.</param>
    /// <returns>The headers' bytes.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such segment.</exception>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short.</exception>
    public int WriteHeaders(int index, ReadOnlySpan<byte> frame, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        frame[.._headers].CopyTo(destination);
        var payload = frame[Payload(index)];
        if (Count == 1)
        {
            FinishOnly(payload, destination);
            return _headers;
        }

        WriteNetwork(index, payload.Length, destination[_layout.Network.._headers]);
        WriteTransport(index, payload, destination[_layout.Transport.._headers]);
        return _headers;
    }

    private static bool TypeFits(byte gsoType, in TransportLayout layout) => (gsoType & ~VnetHeader.GsoEcn) switch
    {
        VnetHeader.GsoTcpV4 => !layout.IsIp6 && layout.Protocol == Tcp,
        VnetHeader.GsoTcpV6 => layout.IsIp6 && layout.Protocol == Tcp,
        VnetHeader.GsoUdpL4 => layout.Protocol == Udp && gsoType == VnetHeader.GsoUdpL4,
        _ => false,
    };

    private static int ChecksumField(bool isTcp) => isTcp ? 16 : 6;

    /// <summary>The sum of the words of a header but for those at the given offsets.</summary>
    private static uint SumBut(ReadOnlySpan<byte> header, ReadOnlySpan<byte> fields)
    {
        uint sum = Checksum.Sum(header);
        foreach (var field in fields)
            sum += Without(BinaryPrimitives.ReadUInt16BigEndian(header[field..]));
        return sum;
    }

    /// <summary>What subtracts <paramref name="word"/> in ones' complement arithmetic.</summary>
    private static uint Without(ushort word) => (ushort)~word;

    private int Offset(int index) => index * GsoSize;

    /// <summary>The pseudo-header's sum without its length: what the sender has left in the field, or the packet's own.</summary>
    private uint PseudoHeader(ReadOnlySpan<byte> frame)
    {
        if (!_header.NeedsChecksum)
        {
            var addresses = _layout.IsIp6 ? frame.Slice(_layout.Network + 8, 32) : frame.Slice(_layout.Network + 12, 8);
            return (uint)Checksum.Sum(addresses) + _layout.Protocol;
        }

        // The length that is in it: TCP's of what is there, UDP's of its header (as tcp_gso_segment and __udp_gso_segment take it).
        var length = IsTcp
            ? Checksum.Fold((ulong)(frame.Length - _layout.Transport))
            : BinaryPrimitives.ReadUInt16BigEndian(frame[(_layout.Transport + 4)..]);
        return BinaryPrimitives.ReadUInt16BigEndian(frame[(_layout.Transport + ChecksumField(IsTcp))..]) + Without(length);
    }

    private void WriteNetwork(int index, int payload, Span<byte> header)
    {
        var length = (ushort)(header.Length + payload);
        if (_layout.IsIp6)
        {
            BinaryPrimitives.WriteUInt16BigEndian(header[4..], (ushort)(length - TransportLayout.Ip6Size));
            return;
        }

        var id = (ushort)(BinaryPrimitives.ReadUInt16BigEndian(header[4..]) + index);
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], length);
        BinaryPrimitives.WriteUInt16BigEndian(header[4..], id);
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], (ushort)~Checksum.Fold((ulong)_networkSum + length + id));
    }

    private void WriteTransport(int index, ReadOnlySpan<byte> payload, Span<byte> header)
    {
        var length = (uint)(header.Length + payload.Length);
        var sum = (ulong)_transportSum + length + Checksum.Sum(payload);
        if (IsTcp)
        {
            var sequence = BinaryPrimitives.ReadUInt32BigEndian(header[4..]) + (uint)Offset(index);
            BinaryPrimitives.WriteUInt32BigEndian(header[4..], sequence);
            if (index > 0)
                header[13] &= unchecked((byte)~Cwr);
            if (index < Count - 1)
                header[13] &= unchecked((byte)~(Fin | Psh));
            sum += sequence + (ulong)BinaryPrimitives.ReadUInt16BigEndian(header[12..]);
            BinaryPrimitives.WriteUInt16BigEndian(header[16..], (ushort)~Checksum.Fold(sum));
            return;
        }

        BinaryPrimitives.WriteUInt16BigEndian(header[4..], (ushort)length);
        var checksum = (ushort)~Checksum.Fold(sum + length);
        BinaryPrimitives.WriteUInt16BigEndian(header[6..], checksum == 0 ? ushort.MaxValue : checksum);
    }

    /// <summary>A frame that fits one segment, as <see cref="Checksum.TryFinish"/> leaves it.</summary>
    private void FinishOnly(ReadOnlySpan<byte> payload, Span<byte> headers)
    {
        if (!_header.NeedsChecksum)
            return;
        var transport = headers[_layout.Transport.._headers];
        var checksum = (ushort)~Checksum.Add(Checksum.Sum(transport), Checksum.Sum(payload));
        BinaryPrimitives.WriteUInt16BigEndian(transport[ChecksumField(IsTcp)..], checksum == 0 ? ushort.MaxValue : checksum);
    }
}
