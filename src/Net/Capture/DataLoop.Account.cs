using System.Diagnostics;

namespace QmpRedirector.Net;

/// <content>What is counted, and whether it adds up.</content>
internal sealed partial class DataLoop
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

    private (long Seen, long Since) _unsettled = (-1, 0);
    private long _lookedAt = Stopwatch.GetTimestamp();
    private long _takenAtStatistics;
    private long _statisticsAt = Stopwatch.GetTimestamp();
    private bool _checkAccount;
    private long _seen;

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

    /// <summary>Drops what is left, also what was still on its way into its slot, or has to wait for rings to change.</summary>
    private ForwarderSnapshot CloseAccount()
    {
        var began = Stopwatch.GetTimestamp();
        DiscardBacklog(DropReason.Shutdown);
        while ((!_rings.IsEmpty && Stopwatch.GetElapsedTime(began) < _settle) || !CheckAccount(_settleAtEnd))
        {
            _rings.Watch(_poller, forFrames: false);
            _poller.Watch(_peerPlace, null, 0);
            _poller.Watch(_wakePlace, null, 0);
            _poller.Wait(_settleStep);
            _rings.Step(_counters.Taken, _counters.BytesTaken);
            DiscardBacklog(DropReason.Shutdown);
        }

        return Snapshot();
    }

    // The order matters: a frame that is counted after the first step may be found in the second.
    private ForwarderSnapshot Snapshot()
    {
        TakeStatistics();
        _counters.HandOvers = _rings.HandOvers;
        var waiting = _rings.CountFilled();

        // While rings change, what the kernel has seen is at least what is known of; and no count goes back.
        _seen = _rings.IsHandingOver ? Math.Max(_seen, _counters.Taken + _counters.KernelDropped + waiting.Packets) : _counters.KernelSeen;
        return _counters.Snapshot(_seen, InHand, _batch.PartialBytes, waiting, _peer is not null);
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
}
