using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net.Interop;

/// <summary>
/// The place of a frame in a ring: the user's from the moment the kernel marks it so, or the block it is in, until
/// <see cref="Release"/>. Valid as long as its ring. The default value is no slot.
/// </summary>
/// <remarks>
/// It begins with a tpacket2_hdr or tpacket3_hdr; behind that are a sockaddr_ll, room (<see cref="SlotRing.Reserve"/>), the 10-byte
/// virtio_net_hdr of PACKET_VNET_HDR, and at tp_mac the frame.
/// </remarks>
internal readonly unsafe struct RingSlot
{
    /// <summary>
    /// Bytes before the virtio_net_hdr that may be written once <see cref="Read"/> has been called: framing (8), a longer vnet header (14)
    /// and a VLAN tag (4). They reach into the sockaddr_ll.
    /// </summary>
    internal const int Headroom = 26;

    private readonly byte* _header;

    // SAFETY: the ring gives the address of a place it has mapped and that the kernel has handed over; of a slot with a status of its own,
    // or with the block whose status is that of all in it.
    internal RingSlot(tpacket2_hdr* slot)
    {
        _header = (byte*)slot;
        Claim = new RingClaim(slot);
    }

    internal RingSlot(tpacket3_hdr* place, RingBlock* block)
    {
        _header = (byte*)place;
        Claim = new RingClaim(block);
    }

    /// <summary>What is to be given back when the frame is sent or dropped.</summary>
    internal RingClaim Claim { get; }

    /// <summary><see cref="Headroom"/> bytes, the 10-byte virtio_net_hdr, and the frame.</summary>
    internal Span<byte> Bytes => Claim.IsOfBlock ? BytesOf<tpacket3_hdr>() : BytesOf<tpacket2_hdr>();

    /// <summary>What the kernel says of the frame.</summary>
    internal void Read(out FrameMetadata metadata)
    {
        if (Claim.IsOfBlock)
            Read<tpacket3_hdr>(out metadata);
        else
            Read<tpacket2_hdr>(out metadata);
    }

    /// <inheritdoc cref="RingClaim.Release" />
    internal void Release() => Claim.Release();

    // Written field by field: a copy of a structure just written stalls the processor.
    private void Read<THeader>(out FrameMetadata metadata)
        where THeader : unmanaged, IRingHeader
    {
        // SAFETY: the place is the user's; behind the header the kernel has written a sockaddr_ll.
        var header = (THeader*)_header;
        var address = (sockaddr_ll*)(_header + THeader.AddressOffset);
        var status = header->Status;
        metadata.Length = VnetHeader.LegacySize + (int)header->Captured;
        metadata.TimestampNanoseconds = header->Timestamp;
        metadata.IsTowardsGuest = address->sll_pkttype == PACKET_OUTGOING;
        metadata.InterfaceIndex = address->sll_ifindex;
        metadata.Truncated = header->Captured < header->Length;
        metadata.HasVlanTag = (status & TP_STATUS_VLAN_VALID) != 0;
        metadata.VlanTci = header->VlanTci;
        metadata.VlanTpid = (status & TP_STATUS_VLAN_TPID_VALID) != 0 ? header->VlanTpid : (ushort)ETH_P_8021Q;
    }

    // SAFETY: FrameOffset and Captured were written by the kernel and lie inside the slot or block; between the header and the vnet
    // header are at least Headroom bytes (SlotRing.Reserve).
    private Span<byte> BytesOf<THeader>()
        where THeader : unmanaged, IRingHeader
    {
        var header = (THeader*)_header;
        return new(
            _header + header->FrameOffset - VnetHeader.LegacySize - Headroom,
            Headroom + VnetHeader.LegacySize + (int)header->Captured);
    }
}
