using System.Diagnostics;
using QmpRedirector.Net.Interop;
using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net;

/// <summary>
/// What a forwarder's data thread does: takes the frames that wait, rewrites them in place, writes them, and waits in ppoll(2) over the
/// rings, the peer and an eventfd. Allocates nothing per frame and takes no lock, but to make a ring again; everything here belongs to
/// that one thread.
/// </summary>
internal sealed class DataLoop : IDisposable
{
    // tp_packets and tp_drops are 32 bits wide in the kernel: read them well before 2^32 frames, and at least every ten minutes.
    private const int StatisticsEveryFrames = 1 << 20;
    private static readonly TimeSpan _statisticsEvery = TimeSpan.FromMinutes(10);

    // A frame is counted before it is in its slot. How long, while no other is counted, until an account that lacks one is called broken:
    // its sender may have lost its processor in between.
    private static readonly TimeSpan _settle = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _settleAtEnd = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan _settleStep = TimeSpan.FromMilliseconds(2);

    // How often to look whether a ring takes no frame any more, where that can be.
    private static readonly TimeSpan _lookEvery = TimeSpan.FromSeconds(1);

    // The places of the poller before these are the rings'.
    private static readonly int _peerPlace = FrameClass.Most;
    private static readonly int _wakePlace = FrameClass.Most + 1;

    private readonly CaptureRings _rings;
    private readonly ActiveWindows _windows;
    private readonly EventFd _wake;
    private readonly ForwarderCounters _counters;
    private readonly Moderation _moderation;
    private readonly SentTimes _sentTimes = new();
    private readonly SendBatch _batch = new();
    private readonly FrameOrigin[] _origins = new FrameOrigin[SendBatch.Capacity];
    private readonly FrameRecorder? _recorder;
    private readonly Poller _poller = new(FrameClass.Most + 2);
    private readonly bool _vnetHeaderSupport;
    private readonly int _framing;
    private readonly SuperFrame _superFrame = new();
    private int _vnetHeaderLength;
    private bool _holdsWithoutPeer;
    private AttachedPeer? _peer;
    private bool _checkAccount;
    private (long Seen, long Since) _unsettled = (-1, 0);
    private long _lookedAt = Stopwatch.GetTimestamp();
    private long? _stopRequested;
    private (long Deadline, ForwarderCommand.Drain Command)? _drain;
    private bool _mayRest;
    private long _takenAtStatistics;
    private long _statisticsAt = Stopwatch.GetTimestamp();
    private long _emptyAt;

    internal DataLoop(ForwarderOptions options, CaptureRings rings, ActiveWindows windows, EventFd wake)
    {
        _rings = rings;
        _windows = windows;
        _wake = wake;
        _vnetHeaderSupport = options.VnetHeaderSupport;
        _vnetHeaderLength = options.VnetHeaderLength;
        _holdsWithoutPeer = options.HoldWithoutPeer;
        _framing = FramingHeader.Size(options.VnetHeaderSupport);
        _counters = new ForwarderCounters(_framing);
        _moderation = new Moderation(rings.Slots, Stopwatch.GetTimestamp());
        _recorder = options.Recorder;
    }

    private enum WaitFor
    {
        /// <summary>The next frame.</summary>
        Frames,

        /// <summary>The peer to take what is in hand.</summary>
        Peer,

        /// <summary>A command, the peer's end, or a time.</summary>
        Neither,
    }

    /// <summary>The <see cref="Stopwatch"/> timestamp at which the kernel's queue was last seen empty. Any thread may read it.</summary>
    internal long EmptyAt => Volatile.Read(ref _emptyAt);

    private TimeSpan StopElapsed => _stopRequested is { } since ? Stopwatch.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Frames taken and neither forwarded nor dropped.</summary>
    private int InHand => _batch.UnsentCaptured + (_superFrame.IsCut ? 0 : 1);

    private bool MustHold => _holdsWithoutPeer && _peer is null;

    /// <summary>Sends what is in hand, or else takes what waits; waits when there is nothing to do.</summary>
    internal void MoveFrames()
    {
        if (_batch.Unsent > 0)
        {
            Send();
            if (_batch.Unsent > 0)
            {
                // Meanwhile the rings fill up: no rest after that.
                _mayRest = false;
                Wait(MustHold ? WaitFor.Neither : WaitFor.Peer);
            }

            return;
        }

        if (_counters.Taken - _takenAtStatistics >= StatisticsEveryFrames)
            TakeStatistics();
        if (MustHold && (!_rings.IsEmpty || !_superFrame.IsCut))
        {
            Wait(WaitFor.Neither);
            return;
        }

        // Also when the first of the next frames are there already: to take them at once would be a small batch, during which the next come.
        var mayRest = _mayRest && _superFrame.IsCut;
        _mayRest = false;
        if (mayRest)
        {
            var rest = _moderation.Rest(_rings.Taken, Stopwatch.GetTimestamp());
            if (rest > TimeSpan.Zero && _stopRequested is null)
            {
                Wait(WaitFor.Neither, rest);
                return;
            }
        }

        if (TakeWaiting())
            _mayRest = _batch.Room > 0;
        else
            BeIdle();
    }

    internal void Take(ForwarderCommand command)
    {
        switch (command)
        {
            case ForwarderCommand.AttachPeer attach:
                LosePeer(PeerLoss.PeerClosed);
                _peer = new AttachedPeer(attach);
                break;
            case ForwarderCommand.Disarmed disarmed:
                DropAfter(disarmed.Cutoff);
                _checkAccount = true;
                break;
            case ForwarderCommand.SetVnetHeaderLength set:
                _vnetHeaderLength = set.Bytes;
                break;
            case ForwarderCommand.SetHoldWithoutPeer set:
                _holdsWithoutPeer = set.Holds;
                break;
            case ForwarderCommand.TakeSnapshot snapshot:
                snapshot.Taken.TrySetResult(Snapshot());
                break;
            case ForwarderCommand.Drain drain:
                EndDrain();
                _drain = (Stopwatch.GetTimestamp() + (long)(drain.Linger.TotalSeconds * Stopwatch.Frequency), drain);
                break;
            case ForwarderCommand.CancelDrain:
                EndDrain();
                break;
            case ForwarderCommand.Stop:
                _stopRequested ??= Stopwatch.GetTimestamp();
                break;
        }
    }

    /// <summary>Told to stop, and nothing is left that the peer takes in the time it has for that.</summary>
    internal bool StopIsDone()
    {
        if (_stopRequested is null)
            return false;
        if (_batch.PartialBytes > 0)
            return StopElapsed >= Forwarder.FinishFrame;
        return StopElapsed >= Forwarder.SendAtStop || (InHand == 0 && _rings.IsEmpty);
    }

    /// <summary>Drops what is left, closes the account, and lets go of whoever waits for this thread, even where that fails.</summary>
    internal ForwarderSnapshot End()
    {
        try
        {
            return CloseAccount();
        }
        finally
        {
            LosePeer(PeerLoss.Stopped);
            EndDrain();
        }
    }

    public void Dispose()
    {
        _batch.Dispose();
        _poller.Dispose();
    }

    /// <summary>Takes the frames that wait, as many as there is room for; false when there was none.</summary>
    private bool TakeWaiting()
    {
        var any = false;

        // Frames that are dropped take no room: commands must have their turn all the same.
        for (var i = 0; i < SendBatch.Capacity && _batch.Room > 0; i++)
        {
            if (_superFrame.IsCut)
            {
                if (!_rings.TryTake(out var slot))
                    break;
                Take(slot);
            }
            else if (!CutSegment())
            {
                break;
            }

            any = true;
        }

        return any;
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

    private void Send()
    {
        if (_peer is null)
        {
            if (!_holdsWithoutPeer)
                DropUnsent(DropReason.PeerDisconnected);
            return;
        }

        // Told to stop and out of time for whole frames, only the one that is half written is still owed.
        var finishOnly = _batch.PartialBytes > 0 && StopElapsed > Forwarder.SendAtStop;
        var written = finishOnly ? _batch.SendRestOfFrame(_peer.Handle) : _batch.Send(_peer.Handle);
        if (written < 0)
        {
            if (written != -Errno.EAGAIN)
                LosePeer(PeerLoss.PeerClosed);
            return;
        }

        _counters.WrittenBytes += written;
        var (frames, captured, partial) = (_batch.Unsent, _batch.UnsentCaptured, _batch.PartialBytes);
        if (_recorder is null && _batch.TryTakeAllWritten(written))
        {
            _counters.Forwarded += captured;
            _counters.ExtraSegments += frames - captured;
            _counters.ForwardedBytes += partial + written - ((long)frames * _framing);
            _counters.Late += _sentTimes.SentAll();
            return;
        }

        while (_batch.TakeWritten(ref written, out var place, out var frame, out var endsFrame))
        {
            if (endsFrame)
                _counters.Forwarded++;
            else
                _counters.ExtraSegments++;
            _counters.ForwardedBytes += frame.Length - _framing;
            if (_sentTimes.Sent())
                _counters.Late++;
            _recorder?.Record(_origins[place], frame[_framing..]);
            _batch.Release(place);
        }
    }

    /// <summary>Nothing is in hand and every ring was empty.</summary>
    private void BeIdle()
    {
        Volatile.Write(ref _emptyAt, Stopwatch.GetTimestamp());
        if (_checkAccount && CheckAccount(_settle))
            _checkAccount = false;
        EndDrain();
        LookForStuckRings();
        if (_stopRequested is null)
            Wait(WaitFor.Frames);
    }

    private void LookForStuckRings()
    {
        if (!_rings.CanStick || Stopwatch.GetElapsedTime(_lookedAt) < _lookEvery)
            return;
        TakeStatistics();
        if (_rings.IsEmpty)
            _counters.RingsRemade += _rings.RemakeStuck();
        _lookedAt = Stopwatch.GetTimestamp();
    }

    private void EndDrain()
    {
        _drain?.Command.Done.TrySetResult();
        _drain = null;
    }

    private void Wait(WaitFor what, TimeSpan? most = null)
    {
        var peerEvents = (short)((what == WaitFor.Peer ? POLLOUT : 0) | (_peer is { AtEnd: false } ? POLLIN : 0));
        _rings.Watch(_poller, what == WaitFor.Frames);
        _poller.Watch(_peerPlace, _peer?.Handle, peerEvents);
        _poller.Watch(_wakePlace, _wake.Handle, POLLIN);
        _poller.Wait(Min(Timeout(what), most ?? TimeSpan.MaxValue));
        if (what == WaitFor.Frames)
            _rings.TakeErrors(_poller);
        if (Stopwatch.GetElapsedTime(_statisticsAt) >= _statisticsEvery)
            TakeStatistics();
        if (_poller.Ready(_wakePlace) != 0)
            _wake.Reset();
        var ready = _poller.Ready(_peerPlace);
        if (_peer is not null && (ready & ~POLLOUT) != 0 && !_peer.StillThere(ready))
            LosePeer(PeerLoss.PeerClosed);
        if (_drain is { } drain && Stopwatch.GetTimestamp() >= drain.Deadline)
            DiscardBacklog(DropReason.LingerExpired);
    }

    private TimeSpan Timeout(WaitFor what)
    {
        var timeout = _statisticsEvery - Stopwatch.GetElapsedTime(_statisticsAt);
        if (_drain is { } drain)
            timeout = Min(timeout, Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), drain.Deadline));
        if (_stopRequested is not null)
            timeout = Min(timeout, (_batch.PartialBytes > 0 ? Forwarder.FinishFrame : Forwarder.SendAtStop) - StopElapsed);
        if (what == WaitFor.Frames && _checkAccount)
            timeout = Min(timeout, _settleStep);
        if (what == WaitFor.Frames && _rings.CanStick)
            timeout = Min(timeout, _lookEvery - Stopwatch.GetElapsedTime(_lookedAt));
        return timeout < TimeSpan.Zero ? TimeSpan.Zero : timeout;
    }

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

    private void TakeStatistics()
    {
        var (seen, dropped) = _rings.TakeStatistics();
        _counters.KernelSeen += seen;
        _counters.KernelDropped += dropped;
        _takenAtStatistics = _counters.Taken;
        _statisticsAt = Stopwatch.GetTimestamp();
    }

    /// <summary>Checks the identities; false while a frame may still be on its way into its slot.</summary>
    private bool CheckAccount(TimeSpan settle)
    {
        var account = Snapshot();
        if (!account.IsSettled)
        {
            var now = Stopwatch.GetTimestamp();
            if (_unsettled.Seen != account.KernelSeen)
                _unsettled = (account.KernelSeen, now);
            if (Stopwatch.GetElapsedTime(_unsettled.Since, now) < settle)
                return false;
        }

        if (!account.IsBalanced || !account.IsSettled)
            _counters.IdentitiesBroken++;
        _unsettled = (-1, 0);
        return true;
    }

    /// <summary>Drops what is left, also what was still on its way into its slot.</summary>
    private ForwarderSnapshot CloseAccount()
    {
        DiscardBacklog(DropReason.Shutdown);
        while (!CheckAccount(_settleAtEnd))
        {
            _rings.Watch(_poller, forFrames: false);
            _poller.Watch(_peerPlace, null, 0);
            _poller.Watch(_wakePlace, null, 0);
            _poller.Wait(_settleStep);
            DiscardBacklog(DropReason.Shutdown);
        }

        return Snapshot();
    }

    // The order matters: a frame that is counted after the first step may be found in the second.
    private ForwarderSnapshot Snapshot()
    {
        TakeStatistics();
        return _counters.Snapshot(InHand, _batch.PartialBytes, _rings.CountFilled(), _peer is not null);
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
