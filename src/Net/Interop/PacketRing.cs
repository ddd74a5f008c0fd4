using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net.Interop;

/// <summary>
/// A TPACKET_V2 receive ring: memory the kernel writes frames into and this process reads them from, without a system call a frame
/// (Documentation/networking/packet_mmap.rst). Frames stay in the order of their slots.
/// </summary>
/// <remarks>
/// V2, not V3: V3 packs frames densely but hands over whole blocks by a timer of a millisecond or more, which also runs when there is no
/// traffic. With slots of the frames' own size class V2 costs the same (docs/PERFORMANCE.md).
/// </remarks>
internal sealed unsafe class PacketRing : IDisposable
{
    /// <summary>
    /// PACKET_RESERVE: bytes free before the vnet header, so that <see cref="RingSlot.Headroom"/> never reaches the tpacket2_hdr.
    /// </summary>
    internal const int Reserve = 32;

    /// <summary>
    /// What a slot needs beside its frame, at most: net/packet/af_packet.c (tpacket_rcv) puts the frame at
    /// TPACKET_ALIGN(TPACKET2_HDRLEN + max(16, link-layer header)) + reserve + virtio_net_hdr - link-layer header.
    /// </summary>
    internal const int Overhead = 128;

    // So far ahead a slot's first lines are asked for: the kernel has written them on another processor.
    private const int Ahead = 8;
    private const int CacheLine = 64;

    private readonly RingGeometry _geometry;
    private byte* _memory;
    private byte* _end;
    private byte* _block;
    private byte* _next;
    private byte* _lastOfBlock;

    internal PacketRing(PacketSocket socket, in RingGeometry geometry)
    {
        _geometry = geometry;
        Socket = socket;
        Make();
    }

    internal PacketSocket Socket { get; }

    internal RingGeometry Geometry => _geometry;

    internal SafeHandle Handle => Socket.Handle;

    /// <summary>TPACKET_ALIGN.</summary>
    internal static int Align(int bytes) => (bytes + TPACKET_ALIGNMENT - 1) & ~(TPACKET_ALIGNMENT - 1);

    // SAFETY: the caller's slot is the user's. CLOCK_REALTIME nanoseconds; tp_sec is unsigned and good until 2106.
    internal static long Timestamp(tpacket2_hdr* header) => (header->tp_sec * 1_000_000_000L) + header->tp_nsec;

    /// <summary>Whether there is a next frame; none where <see cref="Remake"/> has failed.</summary>
    // SAFETY: _next is a slot of the mapped ring. The acquire load of the status orders the reads of what the kernel wrote before it.
    internal bool HasNext => _memory != null && IsFilled((tpacket2_hdr*)_next);

    /// <summary>When the next frame passed the tap point, CLOCK_REALTIME nanoseconds.</summary>
    // SAFETY: the caller has seen HasNext.
    internal long NextTimestamp => Timestamp((tpacket2_hdr*)_next);

    /// <summary>The next frame, once <see cref="HasNext"/> was true. The caller releases it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal RingSlot Take()
    {
        // SAFETY: _next walks the slots of the blocks in the kernel's order (packet_lookup_frame); prefetching cannot fault.
        var header = (tpacket2_hdr*)_next;

        // Not to be found again when the ring has come round. To the kernel any other status than its own means that the slot is in use.
        header->tp_status = (header->tp_status & ~TP_STATUS_USER) | TP_STATUS_COPY;
        if (Sse.IsSupported)
        {
            var ahead = _next + ((nint)_geometry.SlotSize * Ahead);
            Sse.Prefetch0(ahead);
            Sse.Prefetch0(ahead + CacheLine);
            Sse.Prefetch0(ahead + (2 * CacheLine));
        }

        if (_next == _lastOfBlock)
            EnterBlock(_block + _geometry.BlockSize == _end ? _memory : _block + _geometry.BlockSize);
        else
            _next += _geometry.SlotSize;
        return new RingSlot(header);
    }

    /// <summary>Frames that wait from the next one on.</summary>
    internal int CountFilled()
    {
        // SAFETY: the indices stay below the ring's number of slots.
        var perBlock = _geometry.SlotsPerBlock;
        var index = ((int)((_block - _memory) / _geometry.BlockSize) * perBlock) + (int)((_next - _block) / _geometry.SlotSize);
        var filled = 0;
        while (_memory != null && filled < _geometry.Slots)
        {
            var slot = _memory + ((nint)(index / perBlock) * _geometry.BlockSize) + ((nint)(index % perBlock) * _geometry.SlotSize);
            if (!IsFilled((tpacket2_hdr*)slot))
                break;
            filled++;
            index = (index + 1) % _geometry.Slots;
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
        EnterBlock(_memory);
    }

    // SAFETY: mapped by Make with this length; nobody has a slot of it: the data thread has none in hand, or has ended.
    private void Unmap()
    {
        if (_memory != null)
            _ = Libc.munmap(_memory, (nuint)_geometry.Bytes);
        _memory = null;
    }

    // SAFETY: the header is a slot's of the mapped ring.
    private static bool IsFilled(tpacket2_hdr* header) =>
        (Volatile.Read(ref Unsafe.AsRef<uint>(&header->tp_status)) & TP_STATUS_USER) != 0;

    private void EnterBlock(byte* block)
    {
        // SAFETY: a block of the ring holds SlotsPerBlock slots from its start on.
        _block = _next = block;
        _lastOfBlock = block + ((nint)(_geometry.SlotsPerBlock - 1) * _geometry.SlotSize);
    }
}
