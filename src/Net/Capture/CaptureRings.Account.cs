using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net;

/// <remarks>
/// What the kernel has seen and dropped is counted of the kind of ring that is used. During a hand-over both count, and at its end, when no
/// copy is left, what was seen is what both have seen without the copies. So no copy is ever part of a count, and no count goes back.
/// </remarks>
internal sealed partial class CaptureRings
{
    private (long Seen, long Dropped) _slotTotals;
    private (long Seen, long Dropped) _blockTotals;
    private (long Seen, long Dropped) _untold;
    private long _seenByBoth;
    private long _copies;

    private long BlocksNotTaken => _blockTotals.Seen - _blockTotals.Dropped - _takenOfBlocks;

    /// <inheritdoc cref="PacketSocket.TakeStatistics" />
    internal (long Seen, long Dropped) TakeStatistics()
    {
        PassOverCopies();
        ReadStatistics();
        var told = _untold;
        _untold = default;
        return told;
    }

    /// <summary>Frames that wait, and the bytes they take.</summary>
    internal PacketCount CountFilled()
    {
        var waiting = _slots.CountFilled(except: _ofBlocks);
        return Ring is { } ring ? waiting.Plus(ring.CountFilled(only: _ofBlocks)) : waiting;
    }

    /// <summary>Frames in a block that the kernel still fills, or in the hands of a sender who fills it.</summary>
    private long CountHidden()
    {
        ReadStatistics();
        return BlocksNotTaken;
    }

    private void ReadStatistics()
    {
        var slots = _slots.TakeStatistics();
        var ofBlocks = _blocks?.Socket.TakeStatistics() ?? default;
        (long Seen, long Dropped) blocks = (ofBlocks.tp_packets, ofBlocks.tp_drops);
        _slotTotals = Sum(_slotTotals, slots);
        _blockTotals = Sum(_blockTotals, blocks);
        var (used, other) = _stage is Stage.Slots or Stage.ToSlots ? (slots, blocks) : (blocks, slots);
        _untold.Dropped += used.Dropped;
        if (IsHandingOver)
            _seenByBoth += used.Seen + other.Seen - other.Dropped;
        else
            _untold.Seen += used.Seen;
    }

    // What the kind that is used from now on has counted before it was, and was not passed over yet, will be.
    private void BeginHandOverAccount(Stage stage)
    {
        _seenByBoth = stage == Stage.ToBlocks ? BlocksNotTaken : SlotsNotTaken();
        _copies = 0;
    }

    // What the kind that was used before still has, or will hand over, are copies that are not looked at any more.
    private void CloseHandOverAccount()
    {
        var left = _stage == Stage.ToBlocks ? SlotsNotTaken() : BlocksNotTaken;
        _untold.Seen += _seenByBoth - _copies - left;
    }

    private long SlotsNotTaken()
    {
        var left = _slotTotals.Seen - _slotTotals.Dropped;
        foreach (var taken in _slots.Taken)
            left -= taken;
        return left;
    }

    private static (long Seen, long Dropped) Sum((long Seen, long Dropped) a, (long Seen, long Dropped) b) =>
        (a.Seen + b.Seen, a.Dropped + b.Dropped);
}
