using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net.Interop;

/// <summary>
/// A TPACKET_V2 receive ring: memory the kernel writes frames into and this process reads them from, without a system call a frame
/// (Documentation/networking/packet_mmap.rst). Frames stay in the order of their slots.
/// </summary>
internal sealed unsafe class SlotRing : IDisposable
{
    /// <summary>
    /// PACKET_RESERVE: bytes free before the vnet header, so that <see cref="RingSlot.Headroom"/> never reaches the header of the place: with
    /// the 20 bytes of the sockaddr_ll, and the 2 at least that the kernel leaves to align an Ethernet header of 14 bytes and any number of
    /// tags. No more than needed: the smallest frame takes two and a half cache lines of a block with it.
    /// </summary>
    internal const int Reserve = 4;

    /// <summary>
    /// What a slot needs beside its frame, at most: net/packet/af_packet.c (tpacket_rcv) puts the frame at
    /// TPACKET_ALIGN(TPACKET2_HDRLEN + max(16, link-layer header)) + reserve + virtio_net_hdr - link-layer header.
    /// </summary>
    internal const int Overhead = 128;

    /// <summary>Frames <see cref="Look"/> looks for, at most: enough that what is done once for all of them costs nothing.</summary>
    internal const int LongestRun = 64;

    // So far ahead a slot's first lines are asked for: the kernel has written them on another processor.
    private const int Ahead = 8;

    private readonly RingGeometry _geometry;
    private readonly nint[] _run = new nint[LongestRun];
    private byte* _memory;
    private byte* _end;
    private Cursor _next;
    private int _seen;

    internal SlotRing(PacketSocket socket, in RingGeometry geometry)
    {
        _geometry = geometry;
        Socket = socket;
        Make();
    }

    /// <summary>A slot, the block it is in, and that block's last slot.</summary>
    private struct Cursor
    {
        internal byte* Slot;
        internal byte* Block;
        internal byte* LastOfBlock;
    }

    internal PacketSocket Socket { get; }

    internal RingGeometry Geometry => _geometry;

    internal SafeHandle Handle => Socket.Handle;

    /// <summary>Whether there is a next frame; none where <see cref="Remake"/> has failed.</summary>
    // SAFETY: the cursor is at a slot of the mapped ring. The acquire load of the status orders the reads of what the kernel wrote before it.
    internal bool HasNext => _memory != null && IsFilled(_next.Slot);

    /// <summary>When the next frame passed the tap point, CLOCK_REALTIME nanoseconds.</summary>
    // SAFETY: the caller has seen HasNext.
    internal long NextTimestamp => ((tpacket2_hdr*)_next.Slot)->Timestamp;

    /// <summary>The next frame, once <see cref="HasNext"/> was true. The caller releases it.</summary>
    internal RingSlot Take()
    {
        // SAFETY: the caller has seen that the slot is the user's.
        var header = (tpacket2_hdr*)_next.Slot;
        TakeNext();
        return new RingSlot(header);
    }

    /// <summary>
    /// Looks which frames are there from the next one on, <see cref="LongestRun"/> at most, for <see cref="QueueUsual"/>: what another ring
    /// is seen to hold after that, or not to hold, was decided before none of them.
    /// </summary>
    internal void Look()
    {
        // SAFETY: the cursor walks the slots of the mapped ring.
        var at = _next;
        for (_seen = 0; _seen < _run.Length && IsFilled(at.Slot); _seen++)
        {
            _run[_seen] = (nint)at.Slot;
            CacheLines.PrefetchThree(at.Slot + ((nint)_geometry.SlotSize * Ahead));
            Advance(ref at);
        }
    }

    /// <summary>Queues those of the frames last looked at that are next and usual; see <see cref="SendBatch.QueueUsual"/>.</summary>
    internal RunTotals QueueUsual(SendBatch batch, in UsualFrame usual, Span<long> timestamps)
    {
        // SAFETY: of the slots looked at, those the batch does not take are still this ring's.
        var run = new SlotRun(_run);
        var totals = batch.QueueUsual<tpacket2_hdr, SlotRun>(ref run, _seen, usual, timestamps);
        for (var i = 0; i < totals.Frames; i++)
            TakeNext();
        return totals;
    }

    /// <summary>Frames that wait from the next one on, but for those of a time.</summary>
    internal int CountFilled(StampRange except)
    {
        // SAFETY: the cursor walks the slots of the mapped ring, once around at most.
        var at = _next;
        var filled = 0;
        for (var i = 0; _memory != null && i < _geometry.Slots && IsFilled(at.Slot); i++)
        {
            if (!except.Contains(((tpacket2_hdr*)at.Slot)->Timestamp))
                filled++;
            Advance(ref at);
        }

        return filled;
    }

    /// <summary>Gives the ring up and makes it again, empty. What it held is lost; the caller has seen that it holds nothing.</summary>
    /// <exception cref="LinuxException">The kernel has no memory for it any more.</exception>
    internal void Remake()
    {
        Unmap();
        Socket.DropRing();
        Make();
    }

    public void Dispose()
    {
        Unmap();
        Socket.Dispose();
    }

    private void Make()
    {
        Socket.MakeRing(_geometry);

        // SAFETY: maps exactly the ring just made; unmapped by Unmap.
        var memory = Libc.mmap(null, (nuint)_geometry.Bytes, PROT_READ | PROT_WRITE, MAP_SHARED, Socket.Handle, 0);
        if ((nint)memory == -1)
            throw LinuxException.Last("mmap(AF_PACKET)", $"{_geometry.Bytes} bytes");
        _memory = memory;
        _end = _memory + _geometry.Bytes;
        _next = FirstOf(_memory);
    }

    // SAFETY: mapped by Make with this length; nobody has a slot of it: the data thread has none in hand, or has ended.
    private void Unmap()
    {
        if (_memory != null)
            _ = Libc.munmap(_memory, (nuint)_geometry.Bytes);
        _memory = null;
    }

    // SAFETY: the slot is one of the mapped ring.
    private static bool IsFilled(byte* slot) =>
        (Volatile.Read(ref Unsafe.AsRef<uint>(&((tpacket2_hdr*)slot)->tp_status)) & TP_STATUS_USER) != 0;

    private void TakeNext()
    {
        // SAFETY: the slot is the user's. It is not to be found again when the ring has come round; to the kernel any other status than its
        // own means that the slot is in use.
        var header = (tpacket2_hdr*)_next.Slot;
        header->tp_status = (header->tp_status & ~TP_STATUS_USER) | TP_STATUS_COPY;
        Advance(ref _next);
    }

    // In the kernel's order (net/packet/af_packet.c, packet_lookup_frame).
    private void Advance(ref Cursor at)
    {
        // SAFETY: stays within the mapped ring, on its slots.
        if (at.Slot != at.LastOfBlock)
            at.Slot += _geometry.SlotSize;
        else
            at = FirstOf(at.Block + _geometry.BlockSize == _end ? _memory : at.Block + _geometry.BlockSize);
    }

    // SAFETY: a block of the ring holds SlotsPerBlock slots from its start on.
    private Cursor FirstOf(byte* block) => new()
    {
        Slot = block,
        Block = block,
        LastOfBlock = block + ((nint)(_geometry.SlotsPerBlock - 1) * _geometry.SlotSize),
    };
}
