using System.Runtime.CompilerServices;
using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net.Interop;

/// <summary>
/// One slot of a <see cref="PacketRing"/> that holds a frame: the user's from the moment the kernel marks it so until
/// <see cref="Release"/>. Valid as long as its ring. The default value is no slot.
/// </summary>
/// <remarks>
/// A slot is a tpacket2_hdr, a sockaddr_ll, room (<see cref="PacketRing.Reserve"/>), the 10-byte virtio_net_hdr of PACKET_VNET_HDR, and
/// at tp_mac the frame.
/// </remarks>
internal readonly unsafe struct RingSlot
{
    /// <summary>
    /// Bytes before the virtio_net_hdr that may be written once <see cref="Read"/> has been called: framing (8), a longer vnet header (14)
    /// and a VLAN tag (4).
    /// </summary>
    internal const int Headroom = 32;

    private readonly tpacket2_hdr* _header;

    // SAFETY: the ring gives the address of a slot it has mapped and that the kernel has handed over.
    internal RingSlot(tpacket2_hdr* header) => _header = header;

    /// <summary>
    /// What the kernel says of the frame, written field by field: a copy of a structure just written stalls the processor.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Read(out FrameMetadata metadata)
    {
        // SAFETY: the slot is the user's; behind the header, aligned, the kernel has written a sockaddr_ll.
        var address = (sockaddr_ll*)((byte*)_header + PacketRing.Align(sizeof(tpacket2_hdr)));
        var status = _header->tp_status;
        metadata.Length = VnetHeader.LegacySize + (int)_header->tp_snaplen;
        metadata.TimestampNanoseconds = PacketRing.Timestamp(_header);
        metadata.IsTowardsGuest = address->sll_pkttype == PACKET_OUTGOING;
        metadata.InterfaceIndex = address->sll_ifindex;
        metadata.Truncated = _header->tp_snaplen < _header->tp_len;
        metadata.HasVlanTag = (status & TP_STATUS_VLAN_VALID) != 0;
        metadata.VlanTci = _header->tp_vlan_tci;
        metadata.VlanTpid = (status & TP_STATUS_VLAN_TPID_VALID) != 0 ? _header->tp_vlan_tpid : (ushort)ETH_P_8021Q;
    }

    /// <summary><see cref="Headroom"/> bytes, the 10-byte virtio_net_hdr, and the frame.</summary>
    // SAFETY: tp_mac and tp_snaplen were written by the kernel and lie inside the slot; before the vnet header stand at least Headroom
    // bytes of reserve.
    internal Span<byte> Bytes => new(
        (byte*)_header + _header->tp_mac - VnetHeader.LegacySize - Headroom,
        Headroom + VnetHeader.LegacySize + (int)_header->tp_snaplen);

    /// <summary>Gives the slot back to the kernel; its bytes may change at once. Does nothing for no slot.</summary>
    internal void Release()
    {
        // SAFETY: the slot is the user's. All reads and writes of it must be done before the kernel sees the store: a release store.
        if (_header != null)
            Volatile.Write(ref Unsafe.AsRef<uint>(&_header->tp_status), TP_STATUS_KERNEL);
    }
}
