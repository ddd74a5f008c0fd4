using System.Buffers.Binary;
using System.Text;

namespace QmpRedirector.Net;

/// <summary>UDP (RFC 768): u16 source, u16 destination, u16 length, u16 checksum.</summary>
internal static class UdpSummary
{
    private const int HeaderSize = 8;
    private const int ChecksumField = 6;

    public static void Append(StringBuilder text, in IpPacket packet)
    {
        var data = packet.Payload;
        if (data.Length < 4)
        {
            packet.AppendEndpoints(text).Append("[|udp]");
            return;
        }

        packet.AppendEndpointsWithPorts(text);
        if (packet.Length < HeaderSize)
        {
            text.Append($"truncated-udp {packet.Length}");
            return;
        }

        if (data.Length < HeaderSize)
        {
            text.Append("[|udp]");
            return;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(data[4..]);
        if (length < HeaderSize)
        {
            text.Append($"truncated-udplength {length}");
            return;
        }

        // A checksum of zero is none at all; IPv6 has no such thing but in tunnels (RFC 6935).
        var checksum = BinaryPrimitives.ReadUInt16BigEndian(data[ChecksumField..]);
        if (checksum != 0 && packet.HasBadChecksum(length, ChecksumField, true, out var found, out var expected))
            text.Append($"[bad udp cksum 0x{found:x4} -> 0x{(expected == 0 ? ushort.MaxValue : expected):x4}!] ");
        if (length > packet.Length && !packet.IsFragment)
            text.Append($"UDP, bad length {length - HeaderSize} > {packet.Length - HeaderSize}");
        else
            text.Append($"UDP, length {length - HeaderSize}");
    }
}
