using System.Buffers.Binary;
using System.Text.Unicode;

namespace QmpRedirector.Net;

/// <summary>
/// Builds one block at a time in a buffer that is used again: u32 type, u32 length, body, options, u32 length, all 4-byte aligned.
/// </summary>
/// <remarks>Little endian throughout; draft-ietf-opsawg-pcapng, 3.1 (blocks) and 3.5 (options). The length counts all of it.</remarks>
internal sealed class PcapngBlock
{
    private const ushort EndOfOptions = 0;

    private byte[] _bytes = new byte[4096];
    private int _length;
    private bool _hasOptions;

    public void Begin(uint type)
    {
        (_length, _hasOptions) = (0, false);
        UInt32(type);
        UInt32(0);
    }

    public void UInt16(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Room(sizeof(ushort)), value);

    public void UInt32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Room(sizeof(uint)), value);

    public void UInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Room(sizeof(ulong)), value);

    /// <summary>A time as the blocks have it: the high half first, each half little endian.</summary>
    public void Timestamp(long nanoseconds)
    {
        UInt32((uint)(nanoseconds >> 32));
        UInt32((uint)nanoseconds);
    }

    /// <summary>Bytes, and zeroes up to the next multiple of four.</summary>
    public void Padded(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        Pad();
    }

    public void Option(ushort code, ReadOnlySpan<byte> value)
    {
        BeginOption(code, value.Length);
        Padded(value);
    }

    public void Option(ushort code, uint value)
    {
        BeginOption(code, sizeof(uint));
        UInt32(value);
    }

    public void Option(ushort code, ulong value)
    {
        BeginOption(code, sizeof(ulong));
        UInt64(value);
    }

    /// <summary>A UTF-8 text, cut at the last whole character an option's u16 length can count; null and empty write nothing.</summary>
    public void Option(ushort code, string? text)
    {
        if (string.IsNullOrEmpty(text))
            return;
        Span<byte> utf8 = new byte[Math.Min(Math.Min(text.Length, ushort.MaxValue) * 3, ushort.MaxValue)];
        Utf8.FromUtf16(text, utf8, out _, out var written);
        Option(code, utf8[..written]);
    }

    /// <summary>Closes the block and gives its bytes, good until the next <see cref="Begin"/>.</summary>
    public ReadOnlySpan<byte> End()
    {
        if (_hasOptions)
            BeginOption(EndOfOptions, 0);
        var length = _length + sizeof(uint);
        UInt32((uint)length);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(sizeof(uint)), (uint)length);
        return _bytes.AsSpan(0, length);
    }

    private void BeginOption(ushort code, int length)
    {
        _hasOptions = true;
        UInt16(code);
        UInt16((ushort)length);
    }

    private void Pad() => Room(-_length & 3).Clear();

    private Span<byte> Room(int count)
    {
        if (_bytes.Length - _length < count)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + count));
        _length += count;
        return _bytes.AsSpan(_length - count, count);
    }
}
