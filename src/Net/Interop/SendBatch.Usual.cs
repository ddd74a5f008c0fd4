using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net.Interop;

internal sealed unsafe partial class SendBatch
{
    /// <summary>
    /// Queues the frames of a run from the first on, up to one that is not usual (<see cref="UsualFrame"/>) or for which there is no room:
    /// what <see cref="FrameConverter"/> does for any frame, in a loop that does nothing else.
    /// </summary>
    /// <param name="run">Places that are the user's, which are the batch's once queued; those are passed.</param>
    /// <param name="places">How many there are.</param>
    /// <param name="usual">Which frames to take, and what to write in front of them.</param>
    /// <param name="timestamps">Gets when each frame queued passed the tap point; as much room as the batch has.</param>
    internal RunTotals QueueUsual<THeader, TRun>(ref TRun run, int places, in UsualFrame usual, Span<long> timestamps)
        where THeader : unmanaged, IRingHeader
        where TRun : struct, IRun, allows ref struct => usual is { VnetHeaderSupport: true, VnetHeaderLength: VnetHeader.MergeableSize }
            ? QueueWith<THeader, TRun, MergeableFront>(ref run, places, usual, default, timestamps)
            : QueueWith<THeader, TRun, AnyFront>(ref run, places, usual, new AnyFront(usual), timestamps);

    // For each set of types a loop of its own, without calls, that writes little else than it has to: its stores wait for cache lines that
    // the sender's processor has, and every other store, also that of a variable for which there is no register, would wait behind them.
    private RunTotals QueueWith<THeader, TRun, TFront>(ref TRun run, int places, in UsualFrame usual, TFront front, Span<long> timestamps)
        where THeader : unmanaged, IRingHeader
        where TRun : struct, IRun, allows ref struct
        where TFront : struct, IFront
    {
        var most = Math.Min(places, Math.Min(Room, timestamps.Length));
        var (from, until, longest) = (usual.From, usual.Until, (uint)usual.Longest);
        var (taken, bytes, away, bytesAway) = (0, 0L, 0, 0L);
        var at = run;

        // SAFETY: each place is one the kernel has handed over: behind the header stands a sockaddr_ll, and before the frame at FrameOffset
        // its virtio_net_hdr and RingSlot.Headroom bytes that may be written. _count + most is no more than Capacity, and most no more than
        // there are timestamps.
        var vectors = &_vectors[_count];
        fixed (long* stamps = timestamps)
        {
            for (; taken < most; taken++)
            {
                var place = at.Place;
                var header = (THeader*)place;
                var captured = header->Captured;
                var timestamp = header->Timestamp;
                if ((header->Status & (TP_STATUS_USER | TP_STATUS_VLAN_VALID)) != TP_STATUS_USER
                    || captured != header->Length || captured - 1 >= longest || timestamp < from || timestamp > until)
                    break;
                var frame = place + header->FrameOffset;
                if (!front.IsEnoughFor(frame))
                    break;

                // It may be written over.
                if (((sockaddr_ll*)(place + THeader.AddressOffset))->sll_pkttype != PACKET_OUTGOING)
                {
                    away++;
                    bytesAway += captured;
                }

                var start = frame - front.Length;
                front.Write(start, captured);
                vectors[taken].iov_base = start;
                vectors[taken].iov_len = front.Length + captured;
                stamps[taken] = timestamp;
                bytes += captured;
                at.Advance();
            }
        }

        at.ClaimPassed(_claims.AsSpan(_count, taken));
        run = at;
        _endsFrame.AsSpan(_count, taken).Fill(true);
        _count += taken;
        UnsentCaptured += taken;
        UnsentBytes += (int)bytes + (taken * (int)front.Length);
        return new RunTotals(taken, bytes, taken - away, bytes - bytesAway);
    }
}
