using System.Buffers.Binary;

namespace QmpRedirector.Net.Tests;

/// <summary>Capture files put together by hand in either byte order, so as not to lean on our own writer.</summary>
internal sealed class PcapSamples(bool bigEndian)
{
    public const long Time = 1_775_000_000_123_456_789;

    private const uint Seconds = 1_775_000_000;

    public byte[] U16(int value)
    {
        var bytes = new byte[2];
        if (bigEndian)
            BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)value);
        else
            BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
        return bytes;
    }

    public byte[] U32(long value)
    {
        var bytes = new byte[4];
        if (bigEndian)
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)value);
        else
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)value);
        return bytes;
    }

    public byte[] U64(ulong value)
    {
        var bytes = new byte[8];
        if (bigEndian)
            BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        else
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }

    /// <summary>A pcap file's header.</summary>
    public byte[] Pcap(bool nanoseconds = false, long linkType = 1, int major = 2) =>
        [.. U32(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4), .. U16(major), .. U16(4), .. new byte[8], .. U32(262144), .. U32(linkType)];

    /// <summary>A record of a pcap file, at <see cref="Time"/> where the file has nanoseconds.</summary>
    public byte[] Record(byte[] captured, int? length = null, int fraction = 123_456_789) =>
        [.. U32(Seconds), .. U32(fraction), .. U32(captured.Length), .. U32(length ?? captured.Length), .. captured];

    public byte[] Block(long type, params byte[][] body)
    {
        byte[] bytes = [.. body.SelectMany(static part => part)];
        bytes = [.. bytes, .. new byte[-bytes.Length & 3]];
        return [.. U32(type), .. U32(bytes.Length + 12), .. bytes, .. U32(bytes.Length + 12)];
    }

    public byte[] Section(int major = 1) => Block(0x0A0D0D0A, U32(0x1A2B3C4D), U16(major), U16(0), U64(ulong.MaxValue));

    /// <summary>An interface without a word on its time counts microseconds.</summary>
    public byte[] Interface(params byte[][] options) => InterfaceOf(1, 0, options);

    public byte[] InterfaceOf(int linkType, int snapLength, params byte[][] options) =>
        Block(1, [U16(linkType), U16(0), U32(snapLength), .. options]);

    public byte[] Option(int code, params byte[] value) => [.. U16(code), .. U16(value.Length), .. value, .. new byte[-value.Length & 3]];

    public byte[] Enhanced(int source, ulong time, byte[] captured, int? length = null) => Block(
        6, U32(source), U32((long)(time >> 32)), U32((uint)time), U32(captured.Length), U32(length ?? captured.Length), Padded(captured));

    public byte[] Obsolete(int source, ulong time, byte[] captured) => Block(
        2, U16(source), U16(7), U32((long)(time >> 32)), U32((uint)time), U32(captured.Length), U32(captured.Length), Padded(captured));

    public byte[] Simple(byte[] captured, int? length = null) => Block(3, U32(length ?? captured.Length), Padded(captured));

    private static byte[] Padded(byte[] bytes) => [.. bytes, .. new byte[-bytes.Length & 3]];
}
