using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net.Interop;

/// <summary>
/// A TPACKET_V3 receive ring: the kernel packs frames densely into blocks and hands over a block when it is full, or some time after it got
/// its first frame (Documentation/networking/packet_mmap.rst). Frames stay in the order of their places.
/// </summary>
internal sealed unsafe class BlockRing : IDisposable
{
    private readonly RingGeometry _geometry;
    private readonly RingBlock* _blocks;
    private byte* _memory;
    private byte* _next;
    private int _block;
    private uint _left;

    /// <exception cref="LinuxException">ENOMEM, or EBUSY: an inherited socket has a ring already.</exception>
    internal BlockRing(PacketSocket socket, in RingGeometry geometry)
    {
        _geometry = geometry;
        Socket = socket;
        socket.MakeRing(geometry);

        // SAFETY: maps exactly the ring just made, and takes memory to account for its blocks; Dispose gives both up.
        var memory = Libc.mmap(null, (nuint)geometry.Bytes, PROT_READ | PROT_WRITE, MAP_SHARED, socket.Handle, 0);
        if ((nint)memory == -1)
        {
            var failure = LinuxException.Last("mmap(AF_PACKET)", $"{geometry.Bytes} bytes");
            socket.DropRing();
            throw failure;
        }

        _memory = memory;
        _blocks = (RingBlock*)NativeMemory.AllocZeroed((nuint)geometry.Blocks, (nuint)sizeof(RingBlock));
        for (var i = 0; i < geometry.Blocks; i++)
            _blocks[i].Memory = (tpacket_block_desc*)(_memory + ((nint)i * geometry.BlockSize));
    }

    internal PacketSocket Socket { get; }

    internal SafeHandle Handle => Socket.Handle;

    /// <summary>Whether there is a next frame.</summary>
    internal bool HasNext
    {
        get
        {
            // A frame whose offload the kernel cannot describe is counted as dropped, but its place stays, with no status of a frame
            // (net/packet/af_packet.c, tpacket_rcv: prb_clear_blk_fill_status).
            while (_left > 0 || TryEnterBlock())
            {
                if (IsFrame(_next))
                    return true;
                Take().Release();
            }

            return false;
        }
    }

    /// <summary>When the next frame passed the tap point, CLOCK_REALTIME nanoseconds.</summary>
    // SAFETY: the caller has seen HasNext.
    internal long NextTimestamp => ((tpacket3_hdr*)_next)->Timestamp;

    /// <summary>The next frame, once <see cref="HasNext"/> was true. The caller releases it.</summary>
    internal RingSlot Take()
    {
        // SAFETY: _next is a frame of the block, and the offset leads to the one behind it, or nowhere from the last.
        var slot = new RingSlot((tpacket3_hdr*)_next, &_blocks[_block]);
        MoveTo(_next + ((tpacket3_hdr*)_next)->tp_next_offset, 1);
        return slot;
    }

    /// <summary>Queues frames that are next and usual, once <see cref="HasNext"/> was true; see <see cref="SendBatch.QueueUsual"/>.</summary>
    internal RunTotals QueueUsual(SendBatch batch, in UsualFrame usual, Span<long> timestamps)
    {
        // SAFETY: the block has _left places from _next on; those the batch does not take are still this ring's.
        var run = new BlockRun((nint)_next, new RingClaim(&_blocks[_block]));
        var totals = batch.QueueUsual<tpacket3_hdr, BlockRun>(ref run, (int)_left, usual, timestamps);
        if (totals.Frames > 0)
            MoveTo(run.Place, totals.Frames);
        return totals;
    }

    /// <summary>Frames of it were taken that are not released yet.</summary>
    internal bool IsInHand
    {
        get
        {
            // SAFETY: the indices are those of blocks.
            for (var i = 0; i < _geometry.Blocks; i++)
            {
                if (_blocks[i].Unreleased > (i == _block ? _left : 0))
                    return true;
            }

            return false;
        }
    }

    /// <summary>Frames of a time that wait from the next one on, and the bytes they take; those of the block being filled are not known.</summary>
    internal PacketCount CountFilled(StampRange only)
    {
        var waiting = Count(_next, _left, only);

        // SAFETY: the indices are those of blocks; only one that is the user's and not in hand is read.
        for (var i = _left > 0 ? 1 : 0; i < _geometry.Blocks; i++)
        {
            ref readonly var block = ref _blocks[(_block + i) % _geometry.Blocks];
            if (block.Unreleased != 0)
                continue;
            if (!IsHandedOver(block.Memory))
                break;
            waiting = waiting.Plus(Count((byte*)block.Memory + block.Memory->hdr.offset_to_first_pkt, block.Memory->hdr.num_pkts, only));
        }

        return waiting;
    }

    private static PacketCount Count(byte* place, uint places, StampRange only)
    {
        var count = default(PacketCount);

        // SAFETY: walks so many places of a block that is the user's.
        for (; places > 0; places--)
        {
            var header = (tpacket3_hdr*)place;
            if (IsFrame(place) && only.Contains(header->Timestamp))
                count = count.Plus(header->tp_mac + header->tp_snaplen);
            place += header->tp_next_offset;
        }

        return count;
    }

    /// <summary>Gives the ring up; its socket stays.</summary>
    public void Dispose()
    {
        // SAFETY: mapped and allocated by the constructor; nobody has a frame of it any more.
        if (_memory == null)
            return;
        _ = Libc.munmap(_memory, (nuint)_geometry.Bytes);
        _memory = null;
        NativeMemory.Free(_blocks);
        Socket.DropRing();
    }

    // SAFETY: the acquire load of a block's status orders the reads of what the kernel wrote before it.
    private static bool IsHandedOver(tpacket_block_desc* block) =>
        (Volatile.Read(ref Unsafe.AsRef<uint>(&block->hdr.block_status)) & TP_STATUS_USER) != 0;

    // SAFETY: the address is that of a place in a block that is the user's.
    private static bool IsFrame(byte* place) => (((tpacket3_hdr*)place)->tp_status & TP_STATUS_USER) != 0;

    private void MoveTo(byte* next, int taken)
    {
        _next = next;
        _left -= (uint)taken;
        if (_left == 0)
            _block = _block + 1 == _geometry.Blocks ? 0 : _block + 1;
    }

    private bool TryEnterBlock()
    {
        // SAFETY: _block is the next one in the kernel's order; what is in hand of it would be from the ring's last round.
        while (true)
        {
            ref var block = ref _blocks[_block];
            if (block.Unreleased != 0 || !IsHandedOver(block.Memory))
                return false;
            _left = block.Unreleased = block.Memory->hdr.num_pkts;
            _next = (byte*)block.Memory + block.Memory->hdr.offset_to_first_pkt;
            if (_left > 0)
                return true;

            // The kernel closes an empty block when a frame comes for which what is left of it is too small.
            Volatile.Write(ref Unsafe.AsRef<uint>(&block.Memory->hdr.block_status), TP_STATUS_KERNEL);
            MoveTo(_next, 0);
        }
    }
}
