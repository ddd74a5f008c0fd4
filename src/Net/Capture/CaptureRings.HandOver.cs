using System.Diagnostics;
using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net;

/// <remarks>
/// The hand-over from one kind of ring to the other loses, doubles and reorders nothing. While both accept frames, each of them gets the
/// same frame with the same stamp (dev_queue_xmit_nit, net/core/dev.c, stamps it once for all sockets), so a moment, the cut, divides them
/// exactly: the frames stamped before it are taken from the kind used before, the others from the other, and their copies are passed over.
/// The cut is set when the new kind's filter is in place, and the old kind's filter closes when every frame stamped before the cut is
/// through (<see cref="GracePeriod"/>). From blocks to slots a frame is visible before those it follows: it waits until one stamped later
/// has come out of the blocks, and so everything its sender had sent before. Where the peer takes nothing while blocks have just begun to be
/// used, they are given up again before the slots from before them are read: then two cuts divide the slots' frames.
/// </remarks>
internal sealed partial class CaptureRings
{
    // For a kernel that does not tell when senders are through; and what a guest sends may wait in a processor's queue after it was stamped,
    // of which the kernel does not tell (RPS: netif_receive_skb stamps first, net.core.netdev_tstamp_prequeue).
    private static readonly TimeSpan _longestSend = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan _step = TimeSpan.FromMilliseconds(1);

    // Two clocks that run apart faster than CLOCK_REALTIME is ever slewed.
    private static readonly TimeSpan _setBack = TimeSpan.FromMilliseconds(5);

    private Stage _stage = Stage.Slots;
    private Task<bool> _through = Task.FromResult(true);
    private StampRange _ofBlocks = StampRange.None;
    private bool _oldClosed;
    private bool _waitsForPeer;
    private long _cut;
    private long _closedAt;
    private long _handedOver;
    private long _takenBefore;
    private long _takenAt;
    private long _changedAt;

    private enum Stage
    {
        /// <summary>Slots are used.</summary>
        Slots,

        /// <summary>Both, until what the slots have from before the cut is taken.</summary>
        ToBlocks,

        /// <summary>Blocks are used.</summary>
        Blocks,

        /// <summary>Both, until what the blocks have from before the cut is taken.</summary>
        ToSlots,
    }

    private enum Source
    {
        None,
        Slots,
        Blocks,
    }

    /// <summary>How often the other kind of ring has been taken.</summary>
    internal long HandOvers { get; private set; }

    /// <summary>When <see cref="Step"/> is to be called again, at the latest.</summary>
    internal TimeSpan NextStep => (_stage, _ring) switch
    {
        (Stage.ToSlots, _) when _waitsForPeer => TimeSpan.MaxValue,
        (Stage.ToBlocks, _) when _waitsForPeer => RingChoice.Silence,
        (Stage.ToBlocks or Stage.ToSlots, _) => _step,
        (Stage.Blocks, _) => NextStepOfSlots,
        (_, RingState.None) => TimeSpan.MaxValue,
        (_, RingState.Ready) => _choice.Keep,
        _ => 5 * _step,
    };

    /// <summary>Both kinds of ring have frames of the capture: what the kernel has seen is only known when this is over.</summary>
    internal bool IsHandingOver => _stage is Stage.ToBlocks or Stage.ToSlots;

    /// <summary>Goes on with what changes which rings are used. Data thread, before it takes frames.</summary>
    /// <param name="taken">Frames taken so far.</param>
    /// <param name="bytes">Their bytes.</param>
    internal void Step(long taken, long bytes)
    {
        if (_blocks is null)
            return;
        var now = Stopwatch.GetTimestamp();
        if (taken != _takenBefore)
            (_takenBefore, _takenAt) = (taken, now);
        switch (_stage)
        {
            case Stage.Slots:
                var wantsBlocks = _choice.WantsBlocks(areBlocks: false, taken, bytes, now);
                if (wantsBlocks && _ring == RingState.Ready)
                    BeginHandOver(Stage.ToBlocks);
                else
                    StepRing(wantsBlocks, now);
                break;
            case Stage.Blocks:
                var wantsSlots = !_choice.WantsBlocks(areBlocks: true, taken, bytes, now) || IsSilent(now);
                StepSlots(wantsSlots || IsSilent(now, RingChoice.Quiet), now);
                if (wantsSlots && _slotsAre == SlotState.Bound)
                    GoBackToSlots(taken, bytes, now);
                break;
            default:
                StepHandOver(now);
                if (_stage == Stage.ToBlocks && _waitsForPeer && IsSilent(now))
                    GoBackToSlots(taken, bytes, now);
                break;
        }
    }

    private void GoBackToSlots(long taken, long bytes, long now)
    {
        _choice.WantSlots(taken, bytes, now);
        BeginHandOver(Stage.ToSlots);
    }

    private void BeginHandOver(Stage stage)
    {
        // The counts are read at the cut: what was dropped until then was dropped of the kind used before it.
        PassOverCopies();
        AcceptFrom(slots: true, blocks: true);
        (_cut, _changedAt) = (RealtimeClock.NowNanoseconds, Stopwatch.GetTimestamp());
        ReadStatistics();
        if (!IsHandingOver)
            BeginHandOverAccount(stage);

        _ofBlocks = stage == Stage.ToBlocks ? new StampRange(_cut, long.MaxValue) : _ofBlocks with { To = _cut };
        _stage = stage;
        _oldClosed = _waitsForPeer = false;
        _handedOver = long.MinValue;
        _through = KernelWork.Start(GracePeriod.TryWait);
    }

    private void StepHandOver(long now)
    {
        if (!_oldClosed)
        {
            if (!_through.IsCompleted || ((!_through.Result || _takesGuests) && Stopwatch.GetElapsedTime(_changedAt, now) < _longestSend))
                return;
            AcceptFrom(slots: _stage == Stage.ToSlots, blocks: _stage == Stage.ToBlocks);
            _closedAt = RealtimeClock.NowNanoseconds;
            _oldClosed = true;
        }

        if (_stage == Stage.ToBlocks ? !IsDoneWithSlots(now) : !IsDoneWithBlocks())
            return;
        ReadStatistics();
        CloseHandOverAccount();
        (_stage, _ofBlocks) = _stage == Stage.ToBlocks ? (Stage.Blocks, StampRange.All) : (Stage.Slots, StampRange.None);
        (_changedAt, _takenAt) = (now, now);
        HandOvers++;
    }

    /// <summary>
    /// The slots have nothing from before the cut any more, nor the blocks a copy of it: of two senders' frames the one stamped later can be
    /// in its place first, but none stamped after the closing is before one stamped before the cut.
    /// </summary>
    private bool IsDoneWithSlots(long now)
    {
        var inBlocks = TryPeekBlocks(out var stamped) && stamped < _closedAt;
        _waitsForPeer = TryPeekSlots(out _, out _) || inBlocks;
        return !_waitsForPeer && (stamped != 0 || CountHidden() == 0 || ClockWasSetBack(now));
    }

    /// <summary>The same the other way round. Once the blocks are done, no frame of the slots has to wait any more.</summary>
    private bool IsDoneWithBlocks()
    {
        _waitsForPeer = TryPeekBlocks(out _);
        if (_waitsForPeer || CountHidden() > 0)
            return false;
        _handedOver = long.MaxValue;
        _waitsForPeer = TryPeekSlots(out _, out var stamped) && stamped < _closedAt;
        return !_waitsForPeer;
    }

    // Then what comes is stamped before the cut and looks like copies.
    private bool ClockWasSetBack(long now) =>
        (RealtimeClock.NowNanoseconds - _cut) / 1_000_000.0 < (Stopwatch.GetElapsedTime(_changedAt, now) - _setBack).TotalMilliseconds;

    private bool IsSilent(long now) => IsSilent(now, RingChoice.Silence);

    private bool IsSilent(long now, TimeSpan howLong) => Stopwatch.GetElapsedTime(_takenAt, now) >= howLong;

    /// <summary>Where the next frame is, and which ring of slots has one.</summary>
    private Source FindNext(out int slots)
    {
        // The slots are looked at last: what a frame in the blocks follows is in them before that is handed over.
        var inBlocks = TryPeekBlocks(out _);
        var inSlots = TryPeekSlots(out slots, out var stamped);
        var isFirst = inSlots && (_stage != Stage.ToSlots || stamped < _ofBlocks.From);
        if (inBlocks && !isFirst)
            return Source.Blocks;
        return isFirst || (inSlots && stamped <= _handedOver) ? Source.Slots : Source.None;
    }

    private bool TryPeekSlots(out int ring, out long stamped)
    {
        while ((ring = _slots.Peek(out stamped)) >= 0)
        {
            if (!_ofBlocks.Contains(stamped))
                return true;
            _slots.Take(ring).Release();
            _copies++;
        }

        return false;
    }

    private bool TryPeekBlocks(out long stamped)
    {
        while (Ring is { HasNext: true } ring)
        {
            stamped = ring.NextTimestamp;
            if (_ofBlocks.Contains(stamped))
                return true;
            _handedOver = Math.Max(_handedOver, stamped);
            ring.Take().Release();
            _takenOfBlocks++;
            _copies++;
        }

        stamped = 0;
        return false;
    }

    private void PassOverCopies()
    {
        TryPeekBlocks(out _);
        TryPeekSlots(out _, out _);
    }
}
