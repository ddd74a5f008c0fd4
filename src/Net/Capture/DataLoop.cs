using System.Diagnostics;
using QmpRedirector.Net.Interop;
using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net;

/// <summary>
/// What a forwarder's data thread does: receives a batch, rewrites it in place, writes it, and blocks in poll(2) over the packet
/// socket, the peer and an eventfd. Allocates nothing per frame and takes no lock; everything here belongs to that one thread.
/// </summary>
internal sealed class DataLoop : IDisposable
{
    // tp_packets and tp_drops are 32 bits wide in the kernel: read them well before 2^32 frames, and at least every ten minutes.
    private const int StatisticsEveryFrames = 1 << 20;
    private static readonly TimeSpan _statisticsEvery = TimeSpan.FromMinutes(10);

    private const int CapturePlace = 0;
    private const int PeerPlace = 1;
    private const int WakePlace = 2;

    private readonly PacketSocket _socket;
    private readonly ActiveWindows _windows;
    private readonly EventFd _wake;
    private readonly ForwarderCounters _counters;
    private readonly SentTimes _sentTimes = new();
    private readonly FrameBatch _batch = new();
    private readonly FrameOrigin[] _origins = new FrameOrigin[FrameBatch.Capacity];
    private readonly FrameRecorder? _recorder;
    private readonly Poller _poller = new(3);
    private readonly bool _vnetHeaderSupport;
    private readonly int _framing;
    private int _vnetHeaderLength;
    private AttachedPeer? _peer;
    private bool _checkAccount;
    private long? _stopRequested;
    private (long Deadline, ForwarderCommand.Drain Command)? _drain;
    private long _takenAtStatistics;
    private long _statisticsAt = Stopwatch.GetTimestamp();
    private long _emptyAt;

    internal DataLoop(ForwarderOptions options, PacketSocket socket, ActiveWindows windows, EventFd wake)
    {
        _socket = socket;
        _windows = windows;
        _wake = wake;
        _vnetHeaderSupport = options.VnetHeaderSupport;
        _vnetHeaderLength = options.VnetHeaderLength;
        _framing = FramingHeader.Size(options.VnetHeaderSupport);
        _counters = new ForwarderCounters(_framing);
        _recorder = options.Recorder;
    }

    /// <summary>The <see cref="Stopwatch"/> timestamp at which the kernel's queue was last seen empty. Any thread may read it.</summary>
    internal long EmptyAt => Volatile.Read(ref _emptyAt);

    private TimeSpan StopElapsed => _stopRequested is { } since ? Stopwatch.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Sends what is in hand, or else receives; blocks when there is nothing to do.</summary>
    internal void MoveFrames()
    {
        if (_batch.Unsent > 0)
        {
            Send();
            if (_batch.Unsent > 0)
                Wait();
            return;
        }

        if (_counters.Taken - _takenAtStatistics >= StatisticsEveryFrames)
            TakeStatistics();
        var received = _batch.Receive(_socket);
        if (received > 0)
            Convert(received);
        else if (received == -Errno.EAGAIN)
            BeIdle();
        else
            TakeReceiveError(-received);
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
        return StopElapsed >= Forwarder.SendAtStop || (_batch.Unsent == 0 && _socket.QueuedBytes() == 0);
    }

    /// <summary>Drops what is left, closes the account, and lets go of whoever waits for this thread, even where that fails.</summary>
    internal ForwarderSnapshot End()
    {
        try
        {
            DiscardBacklog(DropReason.Shutdown);
            CheckAccount();
            return Snapshot();
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

    private void Convert(int received)
    {
        for (var i = 0; i < received; i++)
        {
            var metadata = _batch.TakeMetadata(i);
            _counters.Take(metadata);
            if (_windows.IsOutside(metadata.TimestampNanoseconds, _emptyAt))
            {
                _counters.Drop(DropReason.Disarmed);
            }
            else if (_peer is null)
            {
                _counters.Drop(DropReason.PeerDisconnected);
            }
            else if (FrameConverter.Convert(
                _batch.Slot(i), metadata, _vnetHeaderLength, _vnetHeaderSupport, out var offset, out var length) is { } reason)
            {
                _counters.Drop(reason);
            }
            else
            {
                _sentTimes.Expect(metadata.TimestampNanoseconds);
                _origins[i] = FrameOrigin.Of(metadata, _vnetHeaderLength);
                _batch.Queue(i, offset, length);
            }
        }
    }

    private void Send()
    {
        if (_peer is null)
        {
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
        while (_batch.TakeWritten(ref written, out var frame, out var slot))
        {
            _counters.Forwarded++;
            _counters.ForwardedBytes += frame.Length - _framing;
            if (_sentTimes.Sent())
                _counters.Late++;
            _recorder?.Record(_origins[slot], frame[_framing..]);
        }
    }

    /// <summary>Nothing is in hand and the kernel's queue was empty.</summary>
    private void BeIdle()
    {
        Volatile.Write(ref _emptyAt, Stopwatch.GetTimestamp());
        if (_checkAccount && CheckAccount())
            _checkAccount = false;
        EndDrain();
        if (_stopRequested is null)
            Wait();
    }

    private void EndDrain()
    {
        _drain?.Command.Done.TrySetResult();
        _drain = null;
    }

    private void Wait()
    {
        var blocked = _batch.Unsent > 0;
        var peerEvents = (short)((blocked ? POLLOUT : 0) | (_peer is { AtEnd: false } ? POLLIN : 0));
        _poller.Watch(CapturePlace, blocked ? null : _socket.Handle, POLLIN);
        _poller.Watch(PeerPlace, _peer?.Handle, peerEvents);
        _poller.Watch(WakePlace, _wake.Handle, POLLIN);
        _poller.Wait(TimeoutMilliseconds());
        if (Stopwatch.GetElapsedTime(_statisticsAt) >= _statisticsEvery)
            TakeStatistics();
        if (_poller.Ready(WakePlace) != 0)
            _wake.Reset();
        var ready = _poller.Ready(PeerPlace);
        if (_peer is not null && (ready & ~POLLOUT) != 0 && !_peer.StillThere(ready))
            LosePeer(PeerLoss.PeerClosed);
        if (_drain is { } drain && Stopwatch.GetTimestamp() >= drain.Deadline)
            DiscardBacklog(DropReason.LingerExpired);
    }

    private int TimeoutMilliseconds()
    {
        var timeout = _statisticsEvery - Stopwatch.GetElapsedTime(_statisticsAt);
        if (_drain is { } drain)
            timeout = Min(timeout, Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), drain.Deadline));
        if (_stopRequested is not null)
            timeout = Min(timeout, (_batch.PartialBytes > 0 ? Forwarder.FinishFrame : Forwarder.SendAtStop) - StopElapsed);
        return Math.Max(0, (int)Math.Ceiling(timeout.TotalMilliseconds));
    }

    private void TakeReceiveError(int errno)
    {
        switch (errno)
        {
            // packet_recvmsg could not describe the frame's GSO type in a virtio_net_hdr, and has freed the frame.
            case Errno.EINVAL:
                _counters.Taken++;
                _counters.Drop(DropReason.BadOffload);
                break;

            // Reported once when the interface goes down or away; the frames queued before can still be read.
            case Errno.ENETDOWN or Errno.ENODEV:
                break;

            default:
                throw new LinuxException("recvmmsg(AF_PACKET)", errno);
        }
    }

    private void LosePeer(PeerLoss reason)
    {
        if (_peer is not { } peer)
            return;
        _peer = null;
        DropUnsent(DropReason.PeerDisconnected);
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
        _batch.DropLast(after);
        _counters.Drop(DropReason.Disarmed, after);
    }

    private void DropUnsent(DropReason reason)
    {
        _counters.Drop(reason, _batch.Unsent);
        _counters.TornBytes += _batch.PartialBytes;
        _batch.DiscardUnsent();
        _sentTimes.Forget();
    }

    /// <summary>Drops what is in hand and what the kernel holds. A connection with a half-written frame ends with it.</summary>
    private void DiscardBacklog(DropReason reason)
    {
        var torn = _batch.PartialBytes > 0;
        DropUnsent(reason);
        if (torn)
            LosePeer(PeerLoss.FrameUnfinished);
        int received;
        while ((received = _batch.Receive(_socket)) != -Errno.EAGAIN)
        {
            if (received < 0)
            {
                TakeReceiveError(-received);
                continue;
            }

            for (var i = 0; i < received; i++)
            {
                var metadata = _batch.TakeMetadata(i);
                _counters.Take(metadata);
                _counters.Drop(_windows.IsOutside(metadata.TimestampNanoseconds, _emptyAt) ? DropReason.Disarmed : reason);
            }
        }
    }

    private void TakeStatistics()
    {
        var statistics = _socket.TakeStatistics();
        _counters.KernelSeen += statistics.tp_packets;
        _counters.KernelDropped += statistics.tp_drops;
        _takenAtStatistics = _counters.Taken;
        _statisticsAt = Stopwatch.GetTimestamp();
    }

    /// <summary>
    /// Checks the identities; false while a frame is still on its way through the kernel, which charges its memory before it counts it.
    /// </summary>
    private bool CheckAccount()
    {
        var account = Snapshot();
        if (account.QueuedBytes > 0)
            return false;
        if (!account.IsBalanced)
            _counters.IdentitiesBroken++;
        return true;
    }

    // The order matters: a frame that is counted after the first step is still charged in the second.
    private ForwarderSnapshot Snapshot()
    {
        TakeStatistics();
        return _counters.Snapshot(_batch.Unsent, _batch.PartialBytes, _socket.QueuedBytes(), _peer is not null);
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
