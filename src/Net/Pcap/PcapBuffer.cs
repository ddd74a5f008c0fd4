namespace QmpRedirector.Net;

/// <summary>What is here of a file, from where its reader stands, which may be ahead of what has been read.</summary>
/// <param name="longestPiece">The longest piece that can be asked for at once.</param>
internal sealed class PcapBuffer(int longestPiece = PcapBuffer.DefaultLongestPiece)
{
    // libpcap takes 256 KiB of a packet at the most (MAXIMUM_SNAPLEN), and a block has options too.
    private const int DefaultLongestPiece = 512 * 1024;

    // Half is for a good read behind a piece that is not all here.
    private readonly byte[] _bytes = new byte[2 * longestPiece];
    private int _start;
    private int _end;
    private long _ahead;

    public int LongestPiece => longestPiece;

    /// <summary>Where the reader stands in the file.</summary>
    public long Position { get; private set; }

    /// <summary>Everything up to <see cref="Position"/> has been read from the file, and nothing behind it.</summary>
    public bool IsEmpty => _start == _end && _ahead == 0;

    public Memory<byte> GetMemory()
    {
        if (_start == _end || _bytes.Length - _end < longestPiece)
        {
            _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
            (_start, _end) = (0, _end - _start);
        }

        return _end < _bytes.Length
            ? _bytes.AsMemory(_end)
            : throw new InvalidOperationException("The frames already here must be read before more of the file is.");
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _bytes.Length - _end);
        _end += count;
        var passed = (int)Math.Min(_ahead, _end - _start);
        _start += passed;
        _ahead -= passed;
    }

    /// <summary>The next bytes, if all of them are here.</summary>
    public bool TryPeek(int count, out ReadOnlyMemory<byte> bytes)
    {
        var isHere = _end - _start >= count;
        bytes = isHere ? _bytes.AsMemory(_start, count) : default;
        return isHere;
    }

    /// <summary>Goes on by so many bytes, here or not.</summary>
    public void Skip(long count)
    {
        var here = (int)Math.Min(count, _end - _start);
        _start += here;
        _ahead += count - here;
        Position += count;
    }
}
