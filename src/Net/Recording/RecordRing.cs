using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace QmpRedirector.Net;

/// <summary>
/// Frames on their way from one producer to one consumer, in memory allocated once. Neither side ever waits for the other: what does not
/// fit is refused. Positions only grow; a record is never split, the rest of the buffer is skipped instead.
/// </summary>
internal sealed class RecordRing
{
    // Every record starts on such a boundary, so before the end of the buffer there is always room for the header that says "skip".
    private const int Alignment = 32;
    private const int Skip = -1;

    private readonly byte[] _bytes;
    private long _written;
    private long _read;
    private long _readSeen;
    private int _current;

    /// <param name="capacity">Bytes, a power of two; the largest frame must fit twice.</param>
    internal RecordRing(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 2 * SizeOf(FrameLimits.MaxLength));
        ArgumentOutOfRangeException.ThrowIfNotEqual(capacity & (capacity - 1), 0, nameof(capacity));
        // Not cleared, so pages the frames never reach do not become resident.
        _bytes = GC.AllocateUninitializedArray<byte>(capacity);
    }

    private readonly record struct Header(int Length, FrameOrigin Origin);

    internal bool IsEmpty => Volatile.Read(ref _read) == Volatile.Read(ref _written);

    /// <summary>Producer: false when there is no room.</summary>
    internal bool TryWrite(in FrameOrigin origin, ReadOnlySpan<byte> payload)
    {
        var size = SizeOf(payload.Length);
        var at = (int)(_written & (_bytes.Length - 1));
        var toEnd = _bytes.Length - at;
        var needed = size <= toEnd ? size : toEnd + size;
        if (_written + needed - _readSeen > _bytes.Length)
        {
            _readSeen = Volatile.Read(ref _read);
            if (_written + needed - _readSeen > _bytes.Length)
                return false;
        }

        var skipped = 0;
        if (size > toEnd)
        {
            MemoryMarshal.Write(_bytes.AsSpan(at), new Header(Skip, default));
            (at, skipped) = (0, toEnd);
        }

        MemoryMarshal.Write(_bytes.AsSpan(at), new Header(payload.Length, origin));
        payload.CopyTo(_bytes.AsSpan(at + Unsafe.SizeOf<Header>()));
        Volatile.Write(ref _written, _written + skipped + size);
        return true;
    }

    /// <summary>Consumer: the oldest record, which stays where it is until <see cref="Release"/>.</summary>
    internal bool TryRead(out FrameOrigin origin, out ReadOnlySpan<byte> payload)
    {
        origin = default;
        payload = default;
        if (IsEmpty)
            return false;
        var at = (int)(_read & (_bytes.Length - 1));
        var header = MemoryMarshal.Read<Header>(_bytes.AsSpan(at));
        if (header.Length == Skip)
        {
            Volatile.Write(ref _read, _read + _bytes.Length - at);
            at = 0;
            header = MemoryMarshal.Read<Header>(_bytes);
        }

        origin = header.Origin;
        payload = _bytes.AsSpan(at + Unsafe.SizeOf<Header>(), header.Length);
        _current = SizeOf(header.Length);
        return true;
    }

    /// <summary>Consumer: the record is done with.</summary>
    internal void Release() => Volatile.Write(ref _read, _read + _current);

    private static int SizeOf(int payload) => (Unsafe.SizeOf<Header>() + payload + Alignment - 1) & -Alignment;
}
