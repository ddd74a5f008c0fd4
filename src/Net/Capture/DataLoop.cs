using System.Diagnostics;
using QmpRedirector.Net.Interop;
using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net;

/// <summary>
/// What a forwarder's data thread does: takes the frames that wait, rewrites them in place, writes them, and waits in ppoll(2) over the
/// rings, the peer and an eventfd. Allocates nothing per frame and takes no lock, but to swap filters where rings change or are made again;
/// everything here belongs to that one thread.
/// </summary>
internal sealed partial class DataLoop : IDisposable
{
    // The places of the poller before these are the rings'.
    private static readonly int _peerPlace = CaptureRings.Places;
    private static readonly int _wakePlace = CaptureRings.Places + 1;

    private readonly CaptureRings _rings;
    private readonly ActiveWindows _windows;
    private readonly EventFd _wake;
    private readonly ForwarderCounters _counters;
    private readonly Moderation _moderation;
    private readonly SentTimes _sentTimes = new();
    private readonly SendBatch _batch = new();
    private readonly FrameOrigin[] _origins = new FrameOrigin[SendBatch.Capacity];
    private readonly FrameRecorder? _recorder;
    private readonly Poller _poller = new(CaptureRings.Places + 2);
    private readonly bool _vnetHeaderSupport;
    private readonly int _framing;
    private readonly SuperFrame _superFrame = new();
    private int _vnetHeaderLength;
    private bool _holdsWithoutPeer;
    private AttachedPeer? _peer;
    private long? _stopRequested;
    private (long Deadline, ForwarderCommand.Drain Command)? _drain;
    private bool _mayRest;
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
        _moderation = new Moderation(rings.Slots, rings.BytesOfBlocks, Stopwatch.GetTimestamp());
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

    private bool IsLingerOver => _drain is { } drain && Stopwatch.GetTimestamp() >= drain.Deadline;

    private bool MustHold => _holdsWithoutPeer && _peer is null;

    /// <summary>Sends what is in hand, or else takes what waits; waits when there is nothing to do.</summary>
    internal void MoveFrames()
    {
        _rings.Step(_counters.Taken, _counters.BytesTaken);
        if (IsLingerOver)
            DiscardBacklog(DropReason.LingerExpired);
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
            var rest = _moderation.Rest(_rings.Taken, _counters.BytesTaken, Stopwatch.GetTimestamp());
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
        if (_drain is not null && _rings.IsEmpty)
            EndDrain();
        LookForStuckRings();
        if (_stopRequested is null || !_rings.IsEmpty)
            Wait(WaitFor.Frames);
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
    }

    private TimeSpan Timeout(WaitFor what)
    {
        var timeout = Min(_rings.NextStep, _statisticsEvery - Stopwatch.GetElapsedTime(_statisticsAt));
        if (_drain is { } drain && !IsLingerOver)
            timeout = Min(timeout, Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), drain.Deadline));
        if (_stopRequested is not null)
            timeout = Min(timeout, (_batch.PartialBytes > 0 ? Forwarder.FinishFrame : Forwarder.SendAtStop) - StopElapsed);
        if (what == WaitFor.Frames && _checkAccount)
            timeout = Min(timeout, _settleStep);
        if (what == WaitFor.Frames && _rings.CanStick)
            timeout = Min(timeout, _lookEvery - Stopwatch.GetElapsedTime(_lookedAt));
        return timeout < TimeSpan.Zero ? TimeSpan.Zero : timeout;
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
