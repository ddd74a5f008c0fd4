using System.Buffers.Binary;

namespace QmpRedirector.Net;

/// <summary>Gets frames back out of a chardev's stream, however it was split (<see cref="FramingHeader"/> has the layout).</summary>
/// <remarks>
/// Fill <see cref="GetMemory"/>, say how much with <see cref="Advance"/>, then take frames with <see cref="TryRead"/> until there is none;
/// start again. Frames are not copied and nothing is allocated for them. Not for two threads at once.
/// </remarks>
public sealed class FrameReader
{
    // Room for the largest frame and for a good read behind it.
    private const int DefaultCapacity = 128 * 1024;

    private readonly bool _vnetHdrSupport;
    private readonly int _headerSize;
    private readonly byte[] _buffer;
    private int _start;
    private int _end;

    /// <summary>A reader at the beginning of a stream.</summary>
    /// <param name="vnetHdrSupport">Whether each length is followed by a vnet_hdr_len: the stream does not tell.</param>
    public FrameReader(bool vnetHdrSupport)
        : this(vnetHdrSupport, DefaultCapacity)
    {
    }

    /// <summary>A reader with less room, for tests by the million.</summary>
    internal FrameReader(bool vnetHdrSupport, int capacity)
    {
        _vnetHdrSupport = vnetHdrSupport;
        _headerSize = FramingHeader.Size(vnetHdrSupport);
        _buffer = new byte[capacity];
    }

    /// <summary>Bytes of the stream that were given out as whole frames, their headers included: where the next frame begins.</summary>
    public long Position { get; private set; }

    /// <summary>
    /// Bytes of the next frame that are here; when <see cref="TryRead"/> has nothing more and the stream ends: 0, or it ended inside a
    /// frame.
    /// </summary>
    public int Pending => _end - _start;

    /// <summary>
    /// Bytes that are still to come of the frame the stream stands in, header included; 0 between frames. Where not even the length has
    /// come (<see cref="Pending"/> under 4) it is at least this many.
    /// </summary>
    public int Missing
    {
        get
        {
            if (Pending == 0)
                return 0;
            var length = Pending < sizeof(uint) ? 0 : Math.Min(AnnouncedLength, FrameLimits.MaxLength);
            return Math.Max(_headerSize + (int)length - Pending, 0);
        }
    }

    private uint AnnouncedLength => BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(_start));

    /// <summary>Where to put what is read next; never empty. Frames given out before are overwritten.</summary>
    /// <exception cref="InvalidOperationException">
    /// The buffer is full of frames that <see cref="TryRead"/> has not been asked for.
    /// </exception>
    public Memory<byte> GetMemory()
    {
        if (_start > 0 && (_start == _end || _buffer.Length - _end < _buffer.Length / 2))
        {
            _buffer.AsSpan(_start, Pending).CopyTo(_buffer);
            (_start, _end) = (0, Pending);
        }

        return _end < _buffer.Length
            ? _buffer.AsMemory(_end)
            : throw new InvalidOperationException("The frames already here must be read before more of the stream is.");
    }

    /// <summary>Says that <paramref name="count"/> bytes were put at the front of what <see cref="GetMemory"/> gave.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It had not that much room.</exception>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _buffer.Length - _end);
        _end += count;
    }

    /// <summary>Takes the next whole frame.</summary>
    /// <returns>False when there is none yet.</returns>
    /// <exception cref="FramingException">
    /// The next frame's length is 0 or over <see cref="FrameLimits.MaxLength"/>; so it stays.
    /// </exception>
    public bool TryRead(out ReceivedFrame frame)
    {
        frame = default;
        if (Pending < sizeof(uint))
            return false;
        if (AnnouncedLength is < FrameLimits.MinLength or > FrameLimits.MaxLength)
            throw new FramingException(AnnouncedLength, Position);
        var length = (int)AnnouncedLength;
        if (Pending < _headerSize + length)
            return false;
        var vnetHdrLen = _vnetHdrSupport ? BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(_start + sizeof(uint))) : 0;
        frame = new ReceivedFrame(_buffer.AsMemory(_start + _headerSize, length), vnetHdrLen, Position);
        _start += _headerSize + length;
        Position += _headerSize + length;
        return true;
    }
}
