using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net.Interop;

/// <summary>
/// Frames on their way to the peer's socket: each is written from the ring slot it was captured into, with one iovec, and its slot goes
/// back to the kernel when it is written whole or dropped. Segments of a super-frame are written from memory of the batch.
/// </summary>
internal sealed unsafe partial class SendBatch : IDisposable
{
    /// <summary>Frames of the stream, at most: UIO_MAXIOV (linux/uio.h), the most one sendmsg takes.</summary>
    internal const int Capacity = 1024;

    // A few super-frames; its pages exist only once segments have reached them.
    private const int SegmentMemory = 1 << 20;

    private readonly iovec* _vectors;
    private readonly byte* _segments;
    private readonly RingClaim[] _claims = new RingClaim[Capacity];
    private readonly bool[] _endsFrame = new bool[Capacity];
    private int _segmentBytes;
    private int _head;
    private int _count;

    internal SendBatch()
    {
        // SAFETY: freed by Dispose with the matching functions.
        _vectors = (iovec*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(iovec));
        _segments = (byte*)NativeMemory.Alloc(SegmentMemory);
    }

    /// <summary>Frames of the stream queued and not yet written whole.</summary>
    internal int Unsent => _count - _head;

    /// <summary>The captured frames among them: a super-frame is one, queued with its last segment.</summary>
    internal int UnsentCaptured { get; private set; }

    /// <summary>Bytes queued and not yet written.</summary>
    internal int UnsentBytes { get; private set; }

    /// <summary>Frames that can still be queued; all of them again once nothing is unsent.</summary>
    internal int Room => Capacity - _count;

    /// <summary>Bytes of the first unsent frame that the peer's socket has already taken.</summary>
    internal int PartialBytes { get; private set; }

    /// <summary>Queues bytes of a slot, which is the batch's from now on.</summary>
    internal void Queue(RingSlot slot, ReadOnlySpan<byte> bytes) => Queue(slot, bytes, endsFrame: true);

    /// <summary>Room for a segment to queue; empty when there is none before the others are written.</summary>
    // SAFETY: inside the block allocated by the constructor.
    internal Span<byte> SegmentRoom(int length) =>
        Room > 0 && length <= SegmentMemory - _segmentBytes ? new Span<byte>(_segments + _segmentBytes, length) : default;

    /// <summary>Queues what was written into <see cref="SegmentRoom"/>.</summary>
    internal void QueueSegment(ReadOnlySpan<byte> bytes, bool endsFrame)
    {
        Queue(default, bytes, endsFrame);
        _segmentBytes += bytes.Length;
    }

    /// <summary>
    /// Writes as much of the queued frames as the socket takes without blocking: the number of bytes, or minus errno. The caller
    /// then asks <see cref="TakeWritten"/> for the frames this completed.
    /// </summary>
    internal int Send(SafeHandle peer) => Send(peer, Unsent);

    /// <summary>Writes only the rest of the frame that is half written.</summary>
    internal int SendRestOfFrame(SafeHandle peer) => Send(peer, 1);

    /// <summary>
    /// Marks <paramref name="bytes"/> as written; true while it completes frames of the stream, of which it gives the place in the batch,
    /// the bytes, and whether a captured frame ends with it. They are there until <see cref="Release"/>.
    /// </summary>
    internal bool TakeWritten(ref int bytes, out int place, out ReadOnlySpan<byte> frame, out bool endsFrame)
    {
        place = _head;
        endsFrame = false;
        frame = default;
        if (bytes == 0)
            return false;

        // SAFETY: _head is below _count as long as there are bytes left to attribute.
        ref var vector = ref _vectors[_head];
        if ((nuint)bytes < vector.iov_len)
        {
            UnsentBytes -= bytes;
            vector.iov_base += bytes;
            vector.iov_len -= (nuint)bytes;
            PartialBytes += bytes;
            bytes = 0;
            return false;
        }

        bytes -= (int)vector.iov_len;
        UnsentBytes -= (int)vector.iov_len;

        // What was written of it before has moved the vector's start.
        frame = new ReadOnlySpan<byte>(vector.iov_base - PartialBytes, (int)vector.iov_len + PartialBytes);
        endsFrame = _endsFrame[_head];
        PartialBytes = 0;
        _head++;
        return true;
    }

    /// <summary>
    /// True when <paramref name="bytes"/> are all that was unsent; everything is given back then, and nothing is left to take one by one.
    /// </summary>
    internal bool TryTakeAllWritten(int bytes)
    {
        if (bytes != UnsentBytes)
            return false;
        var claims = _claims.AsSpan(_head, _count - _head);
        for (var i = 0; i < claims.Length;)
        {
            // Those of a block at once.
            var first = i;
            do
                i++;
            while (i < claims.Length && claims[i] == claims[first]);
            claims[first].Release(i - first);
        }

        UnsentCaptured = UnsentBytes = PartialBytes = 0;
        _head = _count = _segmentBytes = 0;
        return true;
    }

    /// <summary>Gives back what a written frame took.</summary>
    internal void Release(int place)
    {
        Forget(place);
        ReuseIfEmpty();
    }

    /// <summary>Makes the half-written frame whole again, for another peer.</summary>
    internal void Rewind()
    {
        // SAFETY: PartialBytes is only above 0 while there is a frame at _head, and its vector's start was moved by as much.
        if (PartialBytes == 0)
            return;
        _vectors[_head].iov_base -= PartialBytes;
        _vectors[_head].iov_len += (nuint)PartialBytes;
        UnsentBytes += PartialBytes;
        PartialBytes = 0;
    }

    /// <summary>
    /// Drops the newest of the queued frames; the caller leaves a half-written one in. Returns the captured ones among them.
    /// </summary>
    internal int DropLast(int frames)
    {
        var before = UnsentCaptured;
        for (var i = 0; i < frames; i++)
        {
            Forget(--_count);
            UnsentBytes -= (int)_vectors[_count].iov_len;
        }

        ReuseIfEmpty();
        return before - UnsentCaptured;
    }

    /// <summary>Drops every queued frame that was not written.</summary>
    internal int DropUnsent()
    {
        var dropped = DropLast(Unsent);
        PartialBytes = 0;
        return dropped;
    }

    public void Dispose()
    {
        // SAFETY: allocated by the constructor; the owner disposes once.
        NativeMemory.Free(_vectors);
        NativeMemory.Free(_segments);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Queue(RingSlot slot, ReadOnlySpan<byte> bytes, bool endsFrame)
    {
        _claims[_count] = slot.Claim;
        _endsFrame[_count] = endsFrame;

        // SAFETY: the bytes are a slot's or this batch's own: memory that does not move and outlives what is queued.
        _vectors[_count].iov_base = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes));
        _vectors[_count].iov_len = (nuint)bytes.Length;
        UnsentBytes += bytes.Length;
        _count++;
        if (endsFrame)
            UnsentCaptured++;
    }

    private void Forget(int place)
    {
        _claims[place].Release();
        if (_endsFrame[place])
            UnsentCaptured--;
    }

    private void ReuseIfEmpty()
    {
        if (_head == _count)
            _head = _count = _segmentBytes = 0;
    }

    private int Send(SafeHandle peer, int frames)
    {
        nint written;

        // SAFETY: the iovecs from _head on point into slots this batch has not released.
        var message = new msghdr { msg_iov = &_vectors[_head], msg_iovlen = (nuint)frames };
        do
        {
            written = Libc.sendmsg(peer, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        }
        while (written < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);

        return written < 0 ? -Marshal.GetLastPInvokeError() : (int)written;
    }
}
