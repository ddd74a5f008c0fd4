using System.Buffers.Binary;
using System.Net;

namespace QmpRedirector.SystemTests.Kit;

/// <summary>Valid Ethernet frames, numbered so that a lost, changed, doubled or reordered one is noticed.</summary>
internal static class Frames
{
    public const int EthernetHeader = 14;
    public const byte Tcp = 6;
    public const byte Udp = 17;
    public const ushort EchoPort = 7;

    /// <summary>Where the guest's agent only counts: it sends no answer, nor an ARP for one.</summary>
    public const ushort SinkPort = 9;

    public const int ShortLength = 64;
    public const int FullLength = 1514;
    public static readonly byte[] GuestMac = [0x52, 0x54, 0x00, 0xaa, 0xbb, 0x02];
    public static readonly byte[] HostMac = [0x02, 0x00, 0x00, 0x00, 0x00, 0x01];

    /// <summary>A finished UDP/IPv4 frame whose bytes follow from its number and length alone.</summary>
    public static byte[] Numbered(int number, int length = ShortLength, ushort port = EchoPort)
    {
        var payload = new byte[length - EthernetHeader - 20 - 8];
        BinaryPrimitives.WriteInt32BigEndian(payload, number);
        for (var i = 4; i < payload.Length; i++) payload[i] = (byte)(number * 31 + i);
        return Build(Udp, payload, port: port);
    }

    /// <summary>The number of a frame made by <see cref="Numbered"/>; fails the test if a single byte of it differs.</summary>
    public static int NumberOf(ReadOnlySpan<byte> frame, ushort port = EchoPort)
    {
        const int at = EthernetHeader + 20 + 8;
        Assert.That(frame.Length, Is.GreaterThanOrEqualTo(at + 4), "too short for a numbered frame");
        var number = BinaryPrimitives.ReadInt32BigEndian(frame[at..]);
        if (!frame.SequenceEqual(Numbered(number, frame.Length, port)))
            Assert.Fail($"Frame {number} was changed on its way: {Convert.ToHexString(frame)}");
        return number;
    }

    /// <summary>
    /// A UDP or TCP frame; an unfinished one carries only the pseudo header's sum, as the kernel leaves it to the device.
    /// </summary>
    public static byte[] Build(
        byte protocol, ReadOnlySpan<byte> payload, bool ipv6 = false, bool unfinished = false, ushort port = EchoPort)
    {
        var transportHeader = protocol == Tcp ? 20 : 8;
        var transport = TransportOffset(ipv6);
        var frame = new byte[transport + transportHeader + payload.Length];
        GuestMac.CopyTo(frame, 0);
        HostMac.CopyTo(frame, 6);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), (ushort)(ipv6 ? 0x86dd : 0x0800));
        WriteIpHeader(frame.AsSpan(EthernetHeader), protocol, transportHeader + payload.Length, ipv6);

        var segment = frame.AsSpan(transport);
        BinaryPrimitives.WriteUInt16BigEndian(segment, 40000);
        BinaryPrimitives.WriteUInt16BigEndian(segment[2..], port);
        if (protocol == Tcp)
        {
            BinaryPrimitives.WriteUInt32BigEndian(segment[4..], 1000);
            segment[12] = 5 << 4;
            segment[13] = 0x18; // PSH, ACK
            BinaryPrimitives.WriteUInt16BigEndian(segment[14..], 0xffff);
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(segment[4..], (ushort)segment.Length);
        }

        payload.CopyTo(segment[transportHeader..]);
        var pseudo = InternetChecksum.PseudoHeader(Addresses(frame, ipv6), protocol, segment.Length);
        var checksum = unfinished ? pseudo : (ushort)~InternetChecksum.Sum(segment, pseudo);
        // RFC 768: a UDP checksum of zero means "none", so a sum of zero is sent as ones.
        if (protocol == Udp && checksum == 0) checksum = 0xffff;
        BinaryPrimitives.WriteUInt16BigEndian(segment[ChecksumOffset(protocol)..], checksum);
        return frame;
    }

    public static int TransportOffset(bool ipv6) => EthernetHeader + (ipv6 ? 40 : 20);

    /// <summary>Where the checksum is, counted from the transport header.</summary>
    public static int ChecksumOffset(byte protocol) => protocol == Tcp ? 16 : 6;

    private static ReadOnlySpan<byte> Addresses(ReadOnlySpan<byte> frame, bool ipv6) =>
        ipv6 ? frame.Slice(EthernetHeader + 8, 32) : frame.Slice(EthernetHeader + 12, 8);

    private static void WriteIpHeader(Span<byte> ip, byte protocol, int transportLength, bool ipv6)
    {
        if (ipv6)
        {
            ip[0] = 0x60;
            BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)transportLength);
            ip[6] = protocol;
            ip[7] = 64;
            IPAddress.Parse("fd09::1").GetAddressBytes().CopyTo(ip[8..]);
            IPAddress.Parse("fd09::2").GetAddressBytes().CopyTo(ip[24..]);
            return;
        }

        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(20 + transportLength));
        ip[8] = 64;
        ip[9] = protocol;
        IPAddress.Parse("10.9.0.1").GetAddressBytes().CopyTo(ip[12..]);
        IPAddress.Parse("10.9.0.2").GetAddressBytes().CopyTo(ip[16..]);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], (ushort)~InternetChecksum.Sum(ip[..20]));
    }
}
