using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net;

/// <summary>
/// The rings of one capture, read as one queue: <see cref="SlotRings"/> while frames are few, a <see cref="BlockRing"/> while they are many
/// (<see cref="RingChoice"/>), and for the time of a change both.
/// </summary>
internal sealed partial class CaptureRings : IDisposable
{
    private readonly SlotRings _slots;
    private readonly BlockCapture? _blocks;
    private readonly RingChoice _choice;
    private readonly long[] _taken;
    private readonly Lock _filters = new(); // for the swap of filters, never while something is waited for
    private CaptureDirection? _accepted;
    private CaptureDirection? _acceptedOfBlocks;
    private bool _takesGuests;
    private bool _slotsAccept = true;
    private bool _blocksAccept;
    private long _takenOfBlocks;

    private CaptureRings(SlotRings slots, BlockCapture? blocks, RingChoice choice)
    {
        _slots = slots;
        _blocks = blocks;
        _choice = choice;
        _taken = new long[slots.Slots.Length + 1];
        Slots = [.. slots.Slots, int.MaxValue];
    }

    /// <summary>Places of a poller that <see cref="Watch"/> needs.</summary>
    internal static int Places => FrameClass.Most + 1;

    internal BacklogCapacity Capacity => _slots.Capacity;

    /// <summary>Frames each ring can hold; in a ring of blocks they take what they need.</summary>
    internal int[] Slots { get; }

    /// <summary>Bytes that a ring of blocks can hold.</summary>
    internal long BytesOfBlocks => _blocks?.Bytes ?? long.MaxValue;

    /// <summary>Frames taken from each ring.</summary>
    internal ReadOnlySpan<long> Taken
    {
        get
        {
            _slots.Taken.CopyTo(_taken);
            _taken[^1] = _takenOfBlocks;
            return _taken;
        }
    }

    /// <inheritdoc cref="SlotRings.CanStick" />
    internal bool CanStick => _slots.CanStick;

    /// <summary>No frame waits, not even in a block that the kernel still fills.</summary>
    internal bool IsEmpty => !TryPeekSlots(out _, out _) && !TryPeekBlocks(out _) && (_stage == Stage.Slots || CountHidden() == 0);

    private BlockRing? Ring => _blocks?.Ring;

    /// <param name="backlog">Bytes of kernel memory to use, about, for each kind of ring.</param>
    /// <param name="inherited">Descriptors of packet sockets to take over, the third for blocks; none to make them.</param>
    /// <param name="choice">Decides between the kinds.</param>
    /// <exception cref="LinuxException">As <see cref="SlotRings.Open"/>.</exception>
    internal static CaptureRings Open(long backlog, IReadOnlyList<int> inherited, RingChoice choice)
    {
        var slots = SlotRings.Open(backlog, [.. inherited.Take(FrameClass.Most)]);
        try
        {
            int? third = inherited.Count > FrameClass.Most ? inherited[FrameClass.Most] : null;
            return new CaptureRings(slots, third is null && inherited.Count > 0 ? null : BlockCapture.Open(backlog, third), choice);
        }
        catch
        {
            slots.Dispose();
            throw;
        }
    }

    /// <inheritdoc cref="PacketSocket.Bind" />
    internal void Bind(int interfaceIndex)
    {
        _slots.Bind(interfaceIndex);
        _blocks?.Bind(interfaceIndex);
    }

    /// <summary>Takes a direction's frames from now on, or none; those in the rings stay. Any thread.</summary>
    internal void Filter(CaptureDirection? accepted)
    {
        lock (_filters)
        {
            _accepted = accepted;
            AttachFilters();
        }
    }

    /// <inheritdoc cref="SlotRings.RemakeStuck" />
    internal int RemakeStuck() => _stage == Stage.Slots ? _slots.RemakeStuck() : 0;

    /// <inheritdoc cref="SlotRings.QueueUsual" />
    internal RunTotals QueueUsual(SendBatch batch, in UsualFrame usual, Span<long> timestamps)
    {
        if (_stage == Stage.Slots)
            return _slots.QueueUsual(batch, usual, timestamps);
        if (_stage != Stage.Blocks || !Ring!.HasNext)
            return default;
        var totals = Ring.QueueUsual(batch, usual, timestamps);
        _takenOfBlocks += totals.Frames;
        return totals;
    }

    /// <summary>The next frame, which the caller releases.</summary>
    internal bool TryTake(out RingSlot slot)
    {
        switch (FindNext(out var ring))
        {
            case Source.Slots:
                slot = _slots.Take(ring);
                return true;
            case Source.Blocks:
                slot = TakeOfBlocks();
                return true;
            default:
                slot = default;
                return false;
        }
    }

    /// <summary>Has a poller wait for frames, in places from 0 on, or not.</summary>
    internal void Watch(Poller poller, bool forFrames)
    {
        // Frames of the slots that have to wait for the blocks' are there already.
        _slots.Watch(poller, forFrames && _stage is Stage.Slots or Stage.ToBlocks);
        poller.Watch(FrameClass.Most, forFrames && _stage != Stage.Slots ? Ring!.Handle : null, Constants.POLLIN);
    }

    /// <inheritdoc cref="SlotRings.TakeErrors" />
    internal void TakeErrors(Poller poller)
    {
        _slots.TakeErrors(poller);
        if ((poller.Ready(FrameClass.Most) & Constants.POLLERR) != 0)
            _blocks?.Socket.TakeError();
    }

    public void Dispose()
    {
        var closing = KernelWork.Start(() => _blocks?.Dispose());
        _slots.Dispose();
        Task.WhenAny(_through).Wait();
        closing.Wait();
    }

    private RingSlot TakeOfBlocks()
    {
        _handedOver = Math.Max(_handedOver, Ring!.NextTimestamp);
        _takenOfBlocks++;
        return Ring.Take();
    }

    private void AcceptFrom(bool slots, bool blocks)
    {
        lock (_filters)
        {
            (_slotsAccept, _blocksAccept) = (slots, blocks);
            _takesGuests = _accepted is CaptureDirection.All or CaptureDirection.FromGuest;
            AttachFilters();
        }
    }

    private void AttachFilters()
    {
        _slots.Filter(_slotsAccept ? _accepted : null);
        var ofBlocks = _blocksAccept ? _accepted : null;
        if (_blocks is null || ofBlocks == _acceptedOfBlocks)
            return;
        _blocks.Socket.AttachFilter(ofBlocks is { } direction ? CaptureFilter.Accept(direction) : CaptureFilter.DropAll);
        _acceptedOfBlocks = ofBlocks;
    }
}
