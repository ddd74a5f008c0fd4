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
        var (from, until, longest, vnetLength, longFraming) =
            (usual.From, usual.Until, (uint)usual.Longest, usual.VnetHeaderLength, usual.VnetHeaderSupport);
        var framing = FramingHeader.Size(longFraming);
        var vnetLengthWord = (ulong)BinaryPrimitives.ReverseEndianness((uint)vnetLength) << 32;
        var (taken, bytes, towards, bytesTowards, queued) = (0, 0L, 0, 0L, 0);

        // SAFETY: each address is that of a slot the kernel has handed over: behind the header stands a sockaddr_ll, and before the frame at
        // FrameOffset its virtio_net_hdr and RingSlot.Headroom bytes that may be written. _count + taken stays below Capacity.
        for (; taken < most; taken++)
        {
            var header = (THeader*)run[taken];
            var captured = header->Captured;
            var timestamp = header->Timestamp;
            if ((header->Status & TP_STATUS_VLAN_VALID) != 0 || captured != header->Length || captured - 1 >= longest
                || timestamp < from || timestamp > until)
                break;
            var frame = (byte*)header + header->FrameOffset;
            var start = frame - vnetLength;
            if (!TryWriteHeader(frame, start, vnetLength))
                break;

            var payload = (uint)vnetLength + captured;
            start -= framing;
            if (longFraming)
                Unsafe.WriteUnaligned(start, BinaryPrimitives.ReverseEndianness(payload) | vnetLengthWord);
            else
                Unsafe.WriteUnaligned(start, BinaryPrimitives.ReverseEndianness(payload));

            var length = framing + (int)payload;
            var place = _count + taken;
            _vectors[place].iov_base = start;
            _vectors[place].iov_len = (nuint)length;
            ref var entry = ref _entries[place];
            entry.Slot = new RingSlot(header, (RingBlock*)block);
            entry.Length = length;
            entry.EndsFrame = true;
            timestamps[taken] = timestamp;

            queued += length;
            bytes += captured;
            if (((sockaddr_ll*)((byte*)header + THeader.AddressOffset))->sll_pkttype == PACKET_OUTGOING)
            {
                towards++;
                bytesTowards += captured;
            }
        }

        _count += taken;
        UnsentCaptured += taken;
        UnsentBytes += queued;
        return new RunTotals(taken, bytes, towards, bytesTowards);
    }

    /// <summary>The virtio_net_hdr of a frame in the length the consumer expects; false when there is to be none, and it says something.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryWriteHeader(byte* frame, byte* start, int vnetLength)
    {
        // SAFETY: as for the caller. The ten bytes before the frame are read before their place is written.
        var legacy = frame - VnetHeader.LegacySize;
        if (vnetLength == 0)
            return Unsafe.ReadUnaligned<ushort>(legacy) == 0; // flags and gso_type
        var flagsToCsumStart = Unsafe.ReadUnaligned<ulong>(legacy);
        var csumOffset = Unsafe.ReadUnaligned<ushort>(legacy + sizeof(ulong));
        Unsafe.WriteUnaligned(start, flagsToCsumStart);
        Unsafe.WriteUnaligned(start + sizeof(ulong), csumOffset);
        if (vnetLength == VnetHeader.MergeableSize)
            Unsafe.WriteUnaligned<ushort>(frame - sizeof(ushort), 0);
        else if (vnetLength > VnetHeader.LegacySize)
            new Span<byte>(start + VnetHeader.LegacySize, vnetLength - VnetHeader.LegacySize).Clear();
        return true;
    }
}
