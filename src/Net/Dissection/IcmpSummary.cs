using System.Buffers.Binary;
using System.Text;

namespace QmpRedirector.Net;

/// <summary>ICMP (RFC 792): u8 type, u8 code, u16 checksum, then by type.</summary>
internal static class IcmpSummary
{
    private const int HeaderSize = 8;
    private const int ChecksumField = 2;
    private const byte Unreachable = 3;

    // The packet an error answers follows its header: 20 bytes of IPv4 and the first of the transport's.
    private const int InnerHeaderSize = 20;

    public static void Append(StringBuilder text, in IpPacket packet)
    {
        packet.AppendEndpoints(text);
        var data = packet.Payload;
        if (data.Length < HeaderSize || (data[0] == Unreachable && data.Length < HeaderSize + InnerHeaderSize))
        {
            text.Append("[|icmp]");
            return;
        }

        text.Append("ICMP ");
        AppendMessage(text, data);
        text.Append($", length {packet.Length}");
        if (packet.HasBadChecksum(packet.Length, ChecksumField, false, out var found, out var expected))
            text.Append($" (wrong icmp cksum {found:x} (->{expected:x})!)");
    }

    private static void AppendMessage(StringBuilder text, ReadOnlySpan<byte> data)
    {
        var type = data[0];
        switch (type)
        {
            case 0 or 8:
                var id = BinaryPrimitives.ReadUInt16BigEndian(data[4..]);
                var sequence = BinaryPrimitives.ReadUInt16BigEndian(data[6..]);
                text.Append($"echo {(type == 8 ? "request" : "reply")}, id {id}, seq {sequence}");
                break;
            case Unreachable:
                AppendUnreachable(text, data[1], BinaryPrimitives.ReadUInt16BigEndian(data[6..]), data[HeaderSize..]);
                break;
            case 11 when data[1] == 0:
                text.Append("time exceeded in-transit");
                break;
            case 11 when data[1] == 1:
                text.Append("ip reassembly time exceeded");
                break;
            default:
                text.Append($"type-#{type}");
                break;
        }
    }

    private static void AppendUnreachable(StringBuilder text, byte code, ushort mtu, ReadOnlySpan<byte> inner)
    {
        var destination = inner.Slice(16, 4);
        var transport = (inner[0] & 15) * 4;
        switch (code)
        {
            case 0:
                AddressText.AppendIp(text.Append("net "), destination).Append(" unreachable");
                break;
            case 1:
                AddressText.AppendIp(text.Append("host "), destination).Append(" unreachable");
                break;
            case 3 when inner[9] is 6 or 17 && inner.Length >= transport + 4:
                var port = BinaryPrimitives.ReadUInt16BigEndian(inner[(transport + 2)..]);
                AddressText.AppendIp(text, destination).Append($" {(inner[9] == 6 ? "tcp" : "udp")} port {port} unreachable");
                break;
            case 4:
                AddressText.AppendIp(text, destination).Append(" unreachable - need to frag");
                if (mtu != 0)
                    text.Append($" (mtu {mtu})");
                break;
            default:
                AddressText.AppendIp(text, destination).Append($" unreachable, code {code}");
                break;
        }
    }
}
