using System.Buffers.Binary;
using System.Net;

namespace QmpRedirector.Net.Tests;

/// <summary>Frames built by the RFCs with a checksum of their own, slow and plain, so that they witness for the code under test.</summary>
internal static class TestFrames
{
    public static readonly byte[] Guest = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56];
    public static readonly byte[] Host = [0x52, 0x54, 0x00, 0xab, 0xcd, 0xef];
    public static readonly byte[] Source = [10, 0, 0, 1];
    public static readonly byte[] Destination = [10, 0, 0, 2];
    public static readonly byte[] Source6 = IPAddress.Parse("fe80::1").GetAddressBytes();
    public static readonly byte[] Destination6 = IPAddress.Parse("ff02::1:ff00:2").GetAddressBytes();

    public static byte[] Ethernet(ushort type, params byte[] payload) => [.. Guest, .. Host, .. U16(type), .. payload];

    public static byte[] Ip4(
        byte protocol, byte[] payload, ushort fragment = 0, int? length = null, byte[]? options = null, int? headerSize = null)
    {
        options ??= [];
        var size = headerSize ?? (20 + options.Length);
        byte[] header =
        [
            (byte)(0x40 | size / 4), 0, .. U16(length ?? (20 + options.Length + payload.Length)), .. U16(7), .. U16(fragment),
            64, protocol, 0, 0, .. Source, .. Destination, .. options,
        ];
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(10), InternetChecksum(header));
        return Ethernet(0x0800, [.. header, .. payload]);
    }

    public static byte[] Ip6(byte next, byte[] payload, int? length = null) =>
        Ethernet(0x86dd, [0x60, 0, 0, 0, .. U16(length ?? payload.Length), next, 255, .. Source6, .. Destination6, .. payload]);

    /// <summary>A UDP datagram between <see cref="Source"/> and <see cref="Destination"/>, or their IPv6 fellows.</summary>
    public static byte[] Udp(byte[] payload, bool ip6 = false, int? length = null, ushort? checksum = null)
    {
        byte[] datagram = [.. U16(1234), .. U16(7777), .. U16(length ?? (8 + payload.Length)), 0, 0, .. payload];
        var right = InternetChecksum([.. PseudoHeader(17, datagram.Length, ip6), .. datagram]);
        BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(6), checksum ?? (right == 0 ? ushort.MaxValue : right));
        return datagram;
    }

    public static byte[] Tcp(
        byte flags, byte[]? payload = null, byte[]? options = null, bool ip6 = false, ushort? checksum = null, int? headerSize = null)
    {
        options ??= [];
        byte[] segment =
        [
            .. U16(1234), .. U16(7777), .. U32(1000), .. U32(2000), (byte)((headerSize ?? (20 + options.Length)) / 4 << 4), flags,
            .. U16(512), 0, 0, .. U16(5), .. options, .. payload ?? [],
        ];
        var right = InternetChecksum([.. PseudoHeader(6, segment.Length, ip6), .. segment]);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(16), checksum ?? right);
        return segment;
    }

    public static byte[] Icmp(byte type, byte code, params byte[] rest) => WithChecksum([type, code, 0, 0, .. rest], []);

    public static byte[] Icmp6(byte type, byte code, params byte[] rest) =>
        WithChecksum([type, code, 0, 0, .. rest], PseudoHeader(58, 4 + rest.Length, ip6: true));

    public static byte[] Arp(ushort operation, byte[]? sender = null, byte[]? target = null, byte[]? targetHardware = null) =>
        [0, 1, 8, 0, 6, 4, .. U16(operation), .. Host, .. sender ?? Source, .. targetHardware ?? new byte[6], .. target ?? Destination];

    /// <summary>What the protocol's checksum field holds in a frame still to be finished: the pseudo-header's sum.</summary>
    public static ushort PseudoHeaderSum(byte protocol, int length, bool ip6 = false) =>
        (ushort)~InternetChecksum(PseudoHeader(protocol, length, ip6));

    /// <summary>RFC 1071, word for word.</summary>
    public static ushort InternetChecksum(ReadOnlySpan<byte> data)
    {
        var sum = 0;
        for (var i = 0; i < data.Length; i += 2)
        {
            sum += data[i] << 8 | (i + 1 < data.Length ? data[i + 1] : 0);
            sum = (sum & 0xffff) + (sum >> 16);
        }

        return (ushort)~sum;
    }

    public static byte[] U16(int value) => [(byte)(value >> 8), (byte)value];

    public static byte[] U32(uint value) => [.. U16((int)(value >> 16)), .. U16((int)value)];

    public static byte[] Filled(int length, byte value = (byte)'x')
    {
        var bytes = new byte[length];
        Array.Fill(bytes, value);
        return bytes;
    }

    private static byte[] PseudoHeader(byte protocol, int length, bool ip6) => ip6
        ? [.. Source6, .. Destination6, .. U32((uint)length), 0, 0, 0, protocol]
        : [.. Source, .. Destination, 0, protocol, .. U16(length)];

    private static byte[] WithChecksum(byte[] message, byte[] pseudoHeader)
    {
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), InternetChecksum([.. pseudoHeader, .. message]));
        return message;
    }
}
