using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net.Interop;

internal sealed unsafe partial class SendBatch
{
    /// <summary>
    /// Queues the frames of a run from the first on, up to one that is not usual (<see cref="UsualFrame"/>) or for which there is no room:
    /// what <see cref="FrameConverter"/> does for any frame, in a loop that does nothing else.
    /// </summary>
    /// <param name="run">Addresses of slots that are the user's, which are the batch's once queued.</param>
    /// <param name="usual">Which frames to take, and what to write in front of them.</param>
    /// <param name="timestamps">Gets when each frame queued passed the tap point; as much room as the batch has.</param>
    /// <param name="block">The address of the <see cref="RingBlock"/> they are in, or 0 where each has a status of its own.</param>
    [SkipLocalsInit]
    internal RunTotals QueueUsual<THeader>(ReadOnlySpan<nint> run, in UsualFrame usual, Span<long> timestamps, nint block = 0)
        where THeader : unmanaged, IRingHeader
    {
        var most = Math.Min(run.Length, Math.Min(Room, timestamps.Length));
        var (from, until, longest) = (usual.From, usual.Until, (uint)usual.Longest);
        var takesVnetHeader = usual.VnetHeaderLength > 0;
        var front = FramingHeader.Size(usual.VnetHeaderSupport) + usual.VnetHeaderLength;
        var (taken, bytes, towards, bytesTowards) = (0, 0L, 0, 0L);

        // SAFETY: each address is that of a slot the kernel has handed over: behind the header stands a sockaddr_ll, and before the frame at
        // FrameOffset its virtio_net_hdr and RingSlot.Headroom bytes that may be written. _count + most is no more than Capacity.
        var vectors = &_vectors[_count];
        var entries = _entries.AsSpan(_count, most);
        for (; taken < most; taken++)
        {
            var header = (THeader*)run[taken];
            var captured = header->Captured;
            var timestamp = header->Timestamp;
            if ((header->Status & TP_STATUS_VLAN_VALID) != 0 || captured != header->Length || captured - 1 >= longest
                || timestamp < from || timestamp > until)
                break;
            var frame = (byte*)header + header->FrameOffset;
            if (!takesVnetHeader && Unsafe.ReadUnaligned<ushort>(frame - VnetHeader.LegacySize) != 0) // flags and gso_type
                break;

            var length = front + (int)captured;
            vectors[taken].iov_base = frame - front;
            vectors[taken].iov_len = (nuint)length;
            ref var entry = ref entries[taken];
            entry.Slot = new RingSlot(header, (RingBlock*)block);
            entry.Length = length;
            entry.EndsFrame = true;
            timestamps[taken] = timestamp;

            bytes += captured;
            if (((sockaddr_ll*)((byte*)header + THeader.AddressOffset))->sll_pkttype == PACKET_OUTGOING)
            {
                towards++;
                bytesTowards += captured;
            }
        }

        WriteFronts(vectors, taken, usual);
        _count += taken;
        UnsentCaptured += taken;
        UnsentBytes += (int)bytes + (taken * front);
        return new RunTotals(taken, bytes, towards, bytesTowards);
    }

    /// <summary>
    /// Writes what stands in front of the frames: the framing, and the virtio_net_hdr in the length the consumer expects. In a loop of its
    /// own: these stores wait for cache lines that the sender's processor has, and with few others between them many wait at a time.
    /// </summary>
    private static void WriteFronts(iovec* vectors, int frames, in UsualFrame usual)
    {
        var (vnetLength, longFraming) = (usual.VnetHeaderLength, usual.VnetHeaderSupport);
        var framing = FramingHeader.Size(longFraming);
        var vnetLengthWord = (ulong)BinaryPrimitives.ReverseEndianness((uint)vnetLength) << 32;

        // SAFETY: as for the caller.
        for (var i = 0; i < frames; i++)
        {
            var start = vectors[i].iov_base;
            var payload = BinaryPrimitives.ReverseEndianness((uint)vectors[i].iov_len - (uint)framing);
            if (vnetLength > 0)
                MoveVnetHeader(start + framing, vnetLength);
            if (longFraming)
                Unsafe.WriteUnaligned(start, payload | vnetLengthWord);
            else
                Unsafe.WriteUnaligned(start, payload);
        }
    }

    /// <summary>Moves the ten bytes of a virtio_net_hdr that stand before a frame to where a longer one begins; the rest of that is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MoveVnetHeader(byte* to, int length)
    {
        // SAFETY: as for the caller. The bytes are read before their place is written.
        var legacy = to + length - VnetHeader.LegacySize;
        var flagsToCsumStart = Unsafe.ReadUnaligned<ulong>(legacy);
        var csumOffset = Unsafe.ReadUnaligned<ushort>(legacy + sizeof(ulong));
        Unsafe.WriteUnaligned(to, flagsToCsumStart);
        if (length == VnetHeader.MergeableSize)
        {
            Unsafe.WriteUnaligned(to + sizeof(ulong), (uint)csumOffset); // and num_buffers
            return;
        }

        Unsafe.WriteUnaligned(to + sizeof(ulong), csumOffset);
        new Span<byte>(to + VnetHeader.LegacySize, length - VnetHeader.LegacySize).Clear();
    }
}
