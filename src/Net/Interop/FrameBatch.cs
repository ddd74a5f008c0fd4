using System.Runtime.InteropServices;
using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net.Interop;

/// <summary>
/// Room for one batch of frames: each is received into its own slot, rewritten in place, and sent from there with one iovec.
/// Holds the native memory; above it everything is a span.
/// </summary>
/// <remarks>
/// A slot is <see cref="Headroom"/> free bytes (framing header, longer vnet header, VLAN tag), the 10-byte virtio_net_hdr of
/// PACKET_VNET_HDR, then the frame. The pages of a slot exist only once a frame has reached them.
/// </remarks>
internal sealed unsafe class FrameBatch : IDisposable
{
    internal const int Capacity = 64;
    internal const int Headroom = 64;

    private const int ReceiveLength = VnetHeader.LegacySize + FrameLimits.MaxLength;
    private const int SlotLength = (Headroom + ReceiveLength + 63) & ~63;
    private const int ControlLength = 128;

    private readonly byte* _slots;
    private readonly byte* _control;
    private readonly sockaddr_ll* _addresses;
    private readonly mmsghdr* _messages;
    private readonly iovec* _receive;
    private readonly iovec* _send;
    private readonly int[] _sendLengths = new int[Capacity];
    private readonly int[] _sendSlots = new int[Capacity];
    private int _sendHead;
    private int _sendCount;

    internal FrameBatch()
    {
        _slots = (byte*)NativeMemory.AlignedAlloc(SlotLength * Capacity, 4096);
        _control = (byte*)NativeMemory.AlignedAlloc(ControlLength * Capacity, 64);
        _addresses = (sockaddr_ll*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(sockaddr_ll));
        _messages = (mmsghdr*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(mmsghdr));
        _receive = (iovec*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(iovec));
        _send = (iovec*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(iovec));

        // SAFETY: every pointer stays inside the six blocks allocated above, which live as long as this object.
        for (var i = 0; i < Capacity; i++)
        {
            _receive[i].iov_base = _slots + ((nint)i * SlotLength) + Headroom;
            _receive[i].iov_len = ReceiveLength;
            _messages[i].msg_hdr.msg_iov = &_receive[i];
            _messages[i].msg_hdr.msg_iovlen = 1;
            _messages[i].msg_hdr.msg_name = &_addresses[i];
            _messages[i].msg_hdr.msg_namelen = (uint)sizeof(sockaddr_ll);
            _messages[i].msg_hdr.msg_control = _control + ((nint)i * ControlLength);
            _messages[i].msg_hdr.msg_controllen = ControlLength;
        }
    }

    /// <summary>Frames queued for sending and not yet written whole.</summary>
    internal int Unsent => _sendCount - _sendHead;

    /// <summary>Bytes of the first unsent frame that the peer's socket has already taken.</summary>
    internal int PartialBytes { get; private set; }

    /// <summary>Receives what is queued, without blocking: the number of frames, or minus errno.</summary>
    internal int Receive(PacketSocket socket)
    {
        _sendHead = _sendCount = 0;
        PartialBytes = 0;
        int received;

        // SAFETY: the message vector, its iovecs and its control buffers were laid out by the constructor for Capacity messages.
        do
        {
            received = Libc.recvmmsg(socket.Handle, _messages, Capacity, MSG_DONTWAIT, null);
        }
        while (received < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);

        return received < 0 ? -Marshal.GetLastPInvokeError() : received;
    }

    /// <summary>Reads what the kernel said about message <paramref name="index"/> and readies it for the next batch.</summary>
    internal FrameMetadata TakeMetadata(int index)
    {
        // SAFETY: index is below the count recvmmsg returned; the kernel wrote msg_controllen bytes of well-formed cmsgs.
        ref var header = ref _messages[index].msg_hdr;
        var metadata = new FrameMetadata
        {
            Length = (int)_messages[index].msg_len,
            Truncated = (header.msg_flags & MSG_TRUNC) != 0,
            IsTowardsGuest = _addresses[index].sll_pkttype == PACKET_OUTGOING,
            InterfaceIndex = _addresses[index].sll_ifindex,
        };
        var cursor = (byte*)header.msg_control;
        var end = cursor + header.msg_controllen;
        while (cursor + sizeof(cmsghdr) <= end)
        {
            var control = (cmsghdr*)cursor;
            var data = cursor + sizeof(cmsghdr);
            if (control->cmsg_level == SOL_PACKET && control->cmsg_type == PACKET_AUXDATA)
            {
                var aux = (tpacket_auxdata*)data;
                metadata.Truncated |= aux->tp_snaplen < aux->tp_len;
                if ((aux->tp_status & TP_STATUS_VLAN_VALID) != 0)
                {
                    metadata.HasVlanTag = true;
                    metadata.VlanTci = aux->tp_vlan_tci;
                    metadata.VlanTpid = (aux->tp_status & TP_STATUS_VLAN_TPID_VALID) != 0 ? aux->tp_vlan_tpid : (ushort)ETH_P_8021Q;
                }
            }
            else if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_TIMESTAMPNS)
            {
                var stamp = (timespec*)data;
                metadata.TimestampNanoseconds = (stamp->tv_sec * 1_000_000_000) + stamp->tv_nsec;
            }

            if (control->cmsg_len < (nuint)sizeof(cmsghdr))
                break;
            cursor += (nint)((control->cmsg_len + 7) & ~(nuint)7);
        }

        header.msg_controllen = ControlLength;
        header.msg_namelen = (uint)sizeof(sockaddr_ll);
        return metadata;
    }

    /// <summary>The whole slot: <see cref="Headroom"/> bytes, the vnet header, the frame.</summary>
    // SAFETY: a slot is SlotLength bytes inside the block, and index is below Capacity.
    internal Span<byte> Slot(int index) => new(_slots + ((nint)index * SlotLength), SlotLength);

    /// <summary>Queues <paramref name="length"/> bytes of a slot, from <paramref name="offset"/> on, for <see cref="Send"/>.</summary>
    internal void Queue(int slot, int offset, int length)
    {
        // SAFETY: the caller's offset and length come from a span over the same slot.
        _send[_sendCount].iov_base = _slots + ((nint)slot * SlotLength) + offset;
        _send[_sendCount].iov_len = (nuint)length;
        _sendLengths[_sendCount] = length;
        _sendSlots[_sendCount] = slot;
        _sendCount++;
    }

    /// <summary>
    /// Writes as much of the queued frames as the socket takes without blocking: the number of bytes, or minus errno. The caller
    /// then asks <see cref="TakeWritten"/> for the frames this completed.
    /// </summary>
    internal int Send(SafeHandle peer)
    {
        nint written;

        // SAFETY: the iovecs from _sendHead to _sendCount point into slots of this batch.
        var message = new msghdr { msg_iov = &_send[_sendHead], msg_iovlen = (nuint)Unsent };
        do
        {
            written = Libc.sendmsg(peer, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        }
        while (written < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);

        return written < 0 ? -Marshal.GetLastPInvokeError() : (int)written;
    }

    /// <summary>Writes only the rest of the frame that is half written.</summary>
    internal int SendRestOfFrame(SafeHandle peer)
    {
        var count = _sendCount;
        _sendCount = _sendHead + 1;
        var written = Send(peer);
        _sendCount = count;
        return written;
    }

    /// <summary>
    /// Marks <paramref name="bytes"/> as written; true while it completes frames, of which it gives the bytes and the slot they were
    /// received into.
    /// </summary>
    internal bool TakeWritten(ref int bytes, out ReadOnlySpan<byte> frame, out int slot)
    {
        frame = default;
        slot = 0;
        if (bytes == 0)
            return false;

        // SAFETY: _sendHead is below _sendCount as long as there are bytes left to attribute.
        ref var vector = ref _send[_sendHead];
        if ((nuint)bytes < vector.iov_len)
        {
            vector.iov_base += bytes;
            vector.iov_len -= (nuint)bytes;
            PartialBytes += bytes;
            bytes = 0;
            return false;
        }

        bytes -= (int)vector.iov_len;

        // What was written of it before has moved the vector's start, but not its end.
        var length = _sendLengths[_sendHead];
        frame = new ReadOnlySpan<byte>(vector.iov_base + vector.iov_len - length, length);
        slot = _sendSlots[_sendHead];
        PartialBytes = 0;
        _sendHead++;
        return true;
    }

    /// <summary>Takes the newest of the queued frames back; the caller leaves a half-written one in.</summary>
    internal void DropLast(int count) => _sendCount -= count;

    /// <summary>Forgets the queued frames that were not written.</summary>
    internal void DiscardUnsent()
    {
        _sendHead = _sendCount = 0;
        PartialBytes = 0;
    }

    public void Dispose()
    {
        // SAFETY: each block was allocated by the matching function in the constructor; Dispose is called once, by the owner.
        NativeMemory.AlignedFree(_slots);
        NativeMemory.AlignedFree(_control);
        NativeMemory.Free(_addresses);
        NativeMemory.Free(_messages);
        NativeMemory.Free(_receive);
        NativeMemory.Free(_send);
    }
}
