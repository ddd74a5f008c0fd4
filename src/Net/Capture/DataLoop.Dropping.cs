namespace QmpRedirector.Net;

/// <content>What becomes of frames that are not sent.</content>
internal sealed partial class DataLoop
{
    private void LosePeer(PeerLoss reason)
    {
        if (_peer is not { } peer)
            return;
        _peer = null;
        if (_holdsWithoutPeer)
        {
            _counters.TornBytes += _batch.PartialBytes;
            _batch.Rewind();

            // It was only kept because it was half written; what came after it is dropped already.
            if (_sentTimes.NextIsLate)
                DropUnsent(DropReason.Disarmed);
        }
        else
        {
            DropUnsent(DropReason.PeerDisconnected);
        }

        peer.Lose(reason);
    }

    /// <summary>Drops the frames in hand that are stamped after a disarming event, and counts those that are gone already.</summary>
    private void DropAfter(long cutoff)
    {
        _counters.Late += _sentTimes.CountAfter(cutoff);
        var halfWritten = _batch.PartialBytes > 0;
        if (halfWritten)
            _sentTimes.CountWhenSent(cutoff);
        var whole = _batch.Unsent - (halfWritten ? 1 : 0);
        var after = _sentTimes.ForgetAfter(cutoff, whole);
        _counters.Drop(DropReason.Disarmed, _batch.DropLast(after));
        if (!_superFrame.IsCut && _superFrame.Metadata.TimestampNanoseconds > cutoff)
            DropSuperFrame(DropReason.Disarmed);
    }

    private void DropUnsent(DropReason reason)
    {
        _counters.TornBytes += _batch.PartialBytes;
        _counters.Drop(reason, _batch.DropUnsent());
        if (!_superFrame.IsCut)
            DropSuperFrame(reason);
        _sentTimes.Forget();
    }

    private void DropSuperFrame(DropReason reason)
    {
        _superFrame.End();
        _counters.Drop(reason);
    }

    /// <summary>Drops what is in hand and what the kernel holds. A connection with a half-written frame ends with it.</summary>
    private void DiscardBacklog(DropReason reason)
    {
        var torn = _batch.PartialBytes > 0;
        DropUnsent(reason);
        if (torn)
            LosePeer(PeerLoss.FrameUnfinished);
        while (_rings.TryTake(out var slot))
        {
            slot.Read(out var metadata);
            _counters.Take(metadata);
            _counters.Drop(_windows.IsOutside(metadata.TimestampNanoseconds, _emptyAt) ? DropReason.Disarmed : reason);
            slot.Release();
        }
    }
}
