using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net;

/// <content>From the rings into the batch.</content>
internal sealed partial class DataLoop
{
    /// <summary>Takes the frames that wait, as many as there is room for; false when there was none.</summary>
    private bool TakeWaiting()
    {
        var any = false;

        // Frames that are dropped take no room: commands must have their turn all the same.
        for (var i = 0; i < SendBatch.Capacity && _batch.Room > 0; i++)
        {
            if (_superFrame.IsCut)
            {
                if (QueueUsual())
                    any = true;
                else if (_rings.TryTake(out var slot))
                    Take(slot);
                else
                    break;
            }
            else if (!CutSegment())
            {
                break;
            }

            any = true;
        }

        return any;
    }

    /// <summary>Queues usual frames that are next; false when there is none. What is recorded, or sent to nobody, goes one by one.</summary>
    private bool QueueUsual()
    {
        if (_recorder is not null || (_peer is null && !_holdsWithoutPeer))
            return false;
        var usual = new UsualFrame(_windows.Since(_emptyAt), long.MaxValue, _vnetHeaderLength, _vnetHeaderSupport);
        var totals = _rings.QueueUsual(_batch, usual, _sentTimes.Room());
        _sentTimes.Expected(totals.Frames);
        _counters.Take(totals);
        return totals.Frames > 0;
    }

    private void Take(RingSlot slot)
    {
        slot.Read(out var metadata);
        _counters.Take(metadata);
        if (WhyNotSend(slot, metadata, out var bytes) is { } reason)
        {
            _counters.Drop(reason);
            slot.Release();
            return;
        }

        if (!_superFrame.IsCut)
        {
            _superFrame.Begin(slot, metadata, bytes.Length);
            return;
        }

        Expect(metadata);
        _batch.Queue(slot, bytes);
    }

    private DropReason? WhyNotSend(RingSlot slot, in FrameMetadata metadata, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (_windows.IsOutside(metadata.TimestampNanoseconds, _emptyAt))
            return DropReason.Disarmed;
        if (_peer is null && !_holdsWithoutPeer)
            return DropReason.PeerDisconnected;
        return FrameConverter.Convert(slot.Bytes, metadata, _vnetHeaderLength, _vnetHeaderSupport, out bytes, ref _superFrame.Plan);
    }

    /// <summary>Queues the next segment of the super-frame; false when there is no room for it.</summary>
    private bool CutSegment()
    {
        var room = _batch.SegmentRoom(_superFrame.NextLength(_vnetHeaderSupport));
        if (room.IsEmpty)
            return false;
        Expect(_superFrame.Metadata);
        _superFrame.CutNext(room, _vnetHeaderSupport);
        _batch.QueueSegment(room, endsFrame: _superFrame.IsCut);
        return true;
    }

    /// <summary>What is queued next is of this frame.</summary>
    private void Expect(in FrameMetadata metadata)
    {
        _sentTimes.Expect(metadata.TimestampNanoseconds);
        if (_recorder is not null)
            _origins[SendBatch.Capacity - _batch.Room] = FrameOrigin.Of(metadata, _superFrame.IsCut ? _vnetHeaderLength : 0);
    }
}
