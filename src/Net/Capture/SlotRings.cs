using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net;

/// <summary>
/// The rings of slots of one capture, a packet socket and a ring for each <see cref="FrameClass"/>, read as one queue. Which ring takes a
/// frame is decided by its length alone, so there is no hand-over between them.
/// </summary>
/// <remarks>
/// The order: the kernel stamps a frame before it looks for a slot, and a sender's next frame only after the one before is in its slot.
/// So of the frames that are visible the oldest comes next, after one more look at the rings that were empty when it was found: what a
/// frame follows is visible before the frame is.
/// </remarks>
internal sealed class SlotRings : IDisposable
{
    private readonly IReadOnlyList<FrameClass> _classes;
    private readonly SlotRing[] _rings;
    private readonly long[] _taken;
    private readonly long[] _dropped;
    private readonly (long Taken, long Dropped)[] _lastLook;
    private readonly SocketBinding _binding;
    private readonly Lock _filters = new();
    private CaptureDirection? _accepted;
    private Task _work = Task.CompletedTask;
    private volatile bool _canStick;
    private int _beingRemade = -1;

    private SlotRings(IReadOnlyList<FrameClass> classes, SlotRing[] rings)
    {
        _classes = classes;
        _rings = rings;
        _binding = new SocketBinding([.. rings.Select(static ring => ring.Socket)], isUsed: true);
        _taken = new long[rings.Length];
        _dropped = new long[rings.Length];
        _lastLook = new (long Taken, long Dropped)[rings.Length];
        Slots = [.. rings.Select(static ring => ring.Geometry.Slots)];
        Capacity = new BacklogCapacity(
            rings.Sum(static ring => ring.Geometry.Bytes),
            [.. classes.Zip(rings, static (size, ring) => (size.LongestFrame, ring.Geometry.Slots))]);
    }

    internal BacklogCapacity Capacity { get; }

    /// <summary>Frames each ring can hold.</summary>
    internal int[] Slots { get; }

    /// <summary>Frames taken from each ring.</summary>
    internal ReadOnlySpan<long> Taken => _taken;

    internal bool IsEmpty
    {
        get
        {
            foreach (var ring in _rings)
            {
                if (ring.HasNext)
                    return false;
            }

            return true;
        }
    }

    /// <param name="backlog">Bytes of kernel memory to use, about.</param>
    /// <param name="inherited">Descriptors of packet sockets to take over; none to make them.</param>
    /// <exception cref="LinuxException">
    /// EPERM without CAP_NET_RAW, a lacking option, no memory, or what was inherited is no packet socket.
    /// </exception>
    internal static SlotRings Open(long backlog, IReadOnlyList<int> inherited)
    {
        var classes = FrameClass.ForSockets(inherited.Count == 0 ? FrameClass.Most : inherited.Count);
        List<PacketSocket> sockets = [];
        try
        {
            for (var i = 0; i < classes.Count; i++)
                sockets.Add(PacketSocket.Open(inherited.Count == 0 ? null : inherited[i]));
            return new SlotRings(classes, MakeRings(sockets, [.. classes.Select(size => size.RingFor(backlog))]));
        }
        catch
        {
            sockets.ForEach(static socket => socket.Dispose());
            throw;
        }
    }

    /// <summary>
    /// Makes all rings at once: for each the kernel waits until no processor can still see the socket without it (synchronize_net in
    /// packet_set_ring), 6 to 15 ms, which would add up.
    /// </summary>
    private static SlotRing[] MakeRings(List<PacketSocket> sockets, RingGeometry[] geometries)
    {
        var making = sockets.Skip(1).Select((socket, i) => KernelWork.Start(() => new SlotRing(socket, geometries[i + 1]))).ToList();
        List<SlotRing> rings = [];
        LinuxException? failure = null;
        Take(() => new SlotRing(sockets[0], geometries[0]));
        making.ForEach(ring => Take(() => ring.GetAwaiter().GetResult()));
        if (failure is null)
            return [.. rings];
        rings.ForEach(static ring => ring.Dispose());
        throw failure;

        void Take(Func<SlotRing> ring)
        {
            try
            {
                rings.Add(ring());
            }
            catch (LinuxException e)
            {
                failure ??= e;
            }
        }
    }

    /// <inheritdoc cref="PacketSocket.Bind" />
    internal void Bind(int interfaceIndex) => _binding.Bind(interfaceIndex);

    /// <summary>The sockets are being taken from their interface, or bound to it.</summary>
    internal bool IsBusy => !_work.IsCompleted;

    /// <summary>Begins to take the sockets, which accept nothing, from their interface.</summary>
    internal void BeginParking() => _work = KernelWork.Start(_binding.Park);

    /// <summary>Begins to bind the parked sockets to their interface.</summary>
    internal void BeginBinding() => _work = KernelWork.Start(Use);

    private void Use()
    {
        try
        {
            _binding.Use();
        }
        catch (LinuxException)
        {
            // The interface is gone, and the control plane hears of that by itself: they are bound when there is another.
        }
    }

    /// <summary>
    /// Whether a frame can be such that its ring takes no other after it; see <see cref="RemakeStuck"/>. Any thread.
    /// </summary>
    internal bool CanStick => _canStick;

    /// <summary>
    /// Data thread, nothing in hand, every ring empty, after <see cref="TakeStatistics"/>: makes a ring again that has dropped frames since
    /// the last call although it was empty then, is empty now, and gave none in between. Returns how many.
    /// </summary>
    /// <remarks>
    /// tpacket_rcv (net/packet/af_packet.c, to Linux 6.18 at least) marks a slot as being written before it describes the frame's offload,
    /// and where that fails, as with the UFO a guest can send (virtio_net_hdr_from_skb), it drops the frame and leaves the mark: from then
    /// on every frame finds the slot taken. Only a guest can make such frames; towards it the kernel cuts them first.
    /// </remarks>
    /// <exception cref="LinuxException">The kernel has no memory for the ring any more.</exception>
    internal int RemakeStuck()
    {
        var remade = 0;
        for (var i = 0; i < _rings.Length; i++)
        {
            if (_dropped[i] > _lastLook[i].Dropped && _taken[i] == _lastLook[i].Taken)
            {
                Remake(i);
                remade++;
            }

            _lastLook[i] = (_taken[i], _dropped[i]);
        }

        return remade;
    }

    // A socket without a ring queues what its filter accepts, and nobody would take it: meanwhile it accepts nothing. The lock is held for
    // the swap of a filter, never while something is waited for.
    private void Remake(int ring)
    {
        lock (_filters)
        {
            _beingRemade = ring;
            _rings[ring].Socket.AttachFilter(CaptureFilter.DropAll);
        }

        _rings[ring].Remake();
        lock (_filters)
        {
            _beingRemade = -1;
            Attach(ring);
        }
    }

    /// <summary>Takes a direction's frames from now on, or none; those in the rings stay.</summary>
    internal void Filter(CaptureDirection? accepted)
    {
        lock (_filters)
        {
            // While it is bound, a socket has setsockopt wait: one that accepts nothing before and after is left alone.
            if (accepted == _accepted)
                return;
            _accepted = accepted;
            _canStick = accepted is CaptureDirection.All or CaptureDirection.FromGuest;
            for (var i = 0; i < _rings.Length; i++)
            {
                if (i != _beingRemade)
                    Attach(i);
            }
        }
    }

    private void Attach(int ring)
    {
        int? above = ring == 0 ? null : _classes[ring - 1].LongestFrame;
        int? most = ring == _rings.Length - 1 ? null : _classes[ring].LongestFrame;
        _rings[ring].Socket.AttachFilter(_accepted is { } direction ? CaptureFilter.Accept(direction, above, most) : CaptureFilter.DropAll);
    }

    /// <summary>
    /// Queues frames that wait, as far as they are usual (<see cref="SendBatch.QueueUsual"/>) and in one ring; none when the next frame is
    /// for <see cref="Take"/>, or there is none.
    /// </summary>
    internal RunTotals QueueUsual(SendBatch batch, UsualFrame usual, Span<long> timestamps)
    {
        var found = FindNext();
        if (found < 0)
            return default;
        _rings[found].Look();
        for (var i = 0; i < _rings.Length; i++)
        {
            if (i != found && _rings[i].HasNext)
                usual = usual with { Until = Math.Min(usual.Until, _rings[i].NextTimestamp) };
        }

        var totals = _rings[found].QueueUsual(batch, usual, timestamps);
        _taken[found] += totals.Frames;
        return totals;
    }

    /// <summary>Which ring has the next frame, and when that passed the tap point; -1 when all are empty.</summary>
    internal int Peek(out long stamped)
    {
        var found = FindNext();
        stamped = found < 0 ? 0 : _rings[found].NextTimestamp;
        return found;
    }

    /// <summary>The frame <see cref="Peek"/> has found, although an older one may have come to another ring since. The caller releases it.</summary>
    internal RingSlot Take(int ring)
    {
        _taken[ring]++;
        return _rings[ring].Take();
    }

    /// <summary>Which ring has the next frame; -1 when all are empty.</summary>
    private int FindNext()
    {
        var rings = _rings;
        var found = -1;
        int before;
        do
        {
            before = found;
            for (var i = 0; i < rings.Length; i++)
            {
                if (i != found && rings[i].HasNext && (found < 0 || rings[i].NextTimestamp < rings[found].NextTimestamp))
                    found = i;
            }
        }
        while (found > 0 && found != before); // The rings after the first were looked at after it was.

        return found;
    }

    /// <inheritdoc cref="PacketSocket.TakeStatistics" />
    internal (long Seen, long Dropped) TakeStatistics()
    {
        var (seen, dropped) = (0L, 0L);
        for (var i = 0; i < _rings.Length; i++)
        {
            var statistics = _rings[i].Socket.TakeStatistics();
            seen += statistics.tp_packets;
            dropped += statistics.tp_drops;
            _dropped[i] += statistics.tp_drops;
        }

        return (seen, dropped);
    }

    /// <summary>Frames that wait, but for those of a time, and the bytes of their slots.</summary>
    internal PacketCount CountFilled(StampRange except)
    {
        var waiting = default(PacketCount);
        foreach (var ring in _rings)
        {
            var filled = ring.CountFilled(except);
            waiting = waiting.Plus(new PacketCount(filled, (long)filled * ring.Geometry.SlotSize));
        }

        return waiting;
    }

    /// <summary>Has a poller wait for frames, in places from 0 on, or not.</summary>
    internal void Watch(Poller poller, bool forFrames)
    {
        for (var i = 0; i < _rings.Length; i++)
            poller.Watch(i, forFrames ? _rings[i].Handle : null, Constants.POLLIN);
    }

    /// <summary>Takes the errors the poller has found, so that it does not find them again.</summary>
    internal void TakeErrors(Poller poller)
    {
        for (var i = 0; i < _rings.Length; i++)
        {
            if ((poller.Ready(i) & Constants.POLLERR) != 0)
                _rings[i].Socket.TakeError();
        }
    }

    public void Dispose()
    {
        Task.WhenAny(_work).Wait();
        foreach (var ring in _rings)
            ring.Dispose();
    }
}
