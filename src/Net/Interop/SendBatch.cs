using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net.Interop;

/// <summary>
/// Frames on their way to the peer's socket: each is written from the ring slot it was captured into, with one iovec, and its slot goes
/// back to the kernel when it is written whole or dropped.
/// </summary>
internal sealed unsafe class SendBatch : IDisposable
{
    /// <summary>Frames of the stream, at most: UIO_MAXIOV (linux/uio.h), the most one sendmsg takes.</summary>
    internal const int Capacity = 1024;

    private readonly iovec* _vectors;
    private readonly int[] _lengths = new int[Capacity];
    private readonly RingSlot[] _slots = new RingSlot[Capacity];
    private int _head;
    private int _count;

    // SAFETY: freed by Dispose with the matching function.
    internal SendBatch() => _vectors = (iovec*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(iovec));

    /// <summary>Frames queued and not yet written whole.</summary>
    internal int Unsent => _count - _head;

    /// <summary>Frames that can still be queued; all of them again once nothing is unsent.</summary>
    internal int Room => Capacity - _count;

    /// <summary>Bytes of the first unsent frame that the peer's socket has already taken.</summary>
    internal int PartialBytes { get; private set; }

    /// <summary>Queues bytes of a slot, which is the batch's from now on.</summary>
    internal void Queue(RingSlot slot, ReadOnlySpan<byte> bytes)
    {
        // SAFETY: the bytes are the slot's: memory of the ring, which does not move and outlives the batch.
        _vectors[_count].iov_base = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes));
        _vectors[_count].iov_len = (nuint)bytes.Length;
        _lengths[_count] = bytes.Length;
        _slots[_count] = slot;
        _count++;
    }

    /// <summary>
    /// Writes as much of the queued frames as the socket takes without blocking: the number of bytes, or minus errno. The caller
    /// then asks <see cref="TakeWritten"/> for the frames this completed.
    /// </summary>
    internal int Send(SafeHandle peer) => Send(peer, Unsent);

    /// <summary>Writes only the rest of the frame that is half written.</summary>
    internal int SendRestOfFrame(SafeHandle peer) => Send(peer, 1);

    /// <summary>
    /// Marks <paramref name="bytes"/> as written; true while it completes frames, of which it gives the place in the batch and the bytes.
    /// They are there until the next call.
    /// </summary>
    internal bool TakeWritten(ref int bytes, out int place, out ReadOnlySpan<byte> frame)
    {
        place = _head;
        frame = default;
        if (bytes == 0)
            return false;

        // SAFETY: _head is below _count as long as there are bytes left to attribute.
        ref var vector = ref _vectors[_head];
        if ((nuint)bytes < vector.iov_len)
        {
            vector.iov_base += bytes;
            vector.iov_len -= (nuint)bytes;
            PartialBytes += bytes;
            bytes = 0;
            return false;
        }

        bytes -= (int)vector.iov_len;

        // What was written of it before has moved the vector's start, but not its end.
        var length = _lengths[_head];
        frame = new ReadOnlySpan<byte>(vector.iov_base + vector.iov_len - length, length);
        PartialBytes = 0;
        _head++;
        return true;
    }

    /// <summary>Gives back the slot of a frame that is written.</summary>
    internal void Release(int place)
    {
        _slots[place].Release();
        if (_head == _count)
            _head = _count = 0;
    }

    /// <summary>Makes the half-written frame whole again, for another peer.</summary>
    internal void Rewind()
    {
        // SAFETY: PartialBytes is only above 0 while there is a frame at _head, and its vector's start was moved by as much.
        if (PartialBytes == 0)
            return;
        _vectors[_head].iov_base -= PartialBytes;
        _vectors[_head].iov_len += (nuint)PartialBytes;
        PartialBytes = 0;
    }

    /// <summary>Drops the newest of the queued frames; the caller leaves a half-written one in.</summary>
    internal void DropLast(int frames)
    {
        for (var i = 0; i < frames; i++)
            _slots[--_count].Release();
        if (_head == _count)
            _head = _count = 0;
    }

    /// <summary>Drops every queued frame that was not written.</summary>
    internal void DropUnsent()
    {
        DropLast(Unsent);
        PartialBytes = 0;
    }

    // SAFETY: allocated by the constructor; the owner disposes once.
    public void Dispose() => NativeMemory.Free(_vectors);

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
