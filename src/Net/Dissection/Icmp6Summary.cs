using System.Buffers.Binary;
using System.Text;

namespace QmpRedirector.Net;

/// <summary>ICMPv6 (RFC 4443) with neighbour discovery (RFC 4861) and multicast listeners (RFC 3810).</summary>
internal static class Icmp6Summary
{
    private const int HeaderSize = 4;
    private const int ChecksumField = 2;
    private const int TargetOffset = 8;
    private const int AddressSize = 16;

    public static void Append(StringBuilder text, in IpPacket packet)
    {
        packet.AppendEndpoints(text);
        var data = packet.Payload;
        if (data.Length < HeaderSize)
        {
            text.Append("[|icmp6]");
            return;
        }

        if (packet.HasBadChecksum(packet.Length, ChecksumField, true, out var found, out var expected))
            text.Append($"[bad icmp6 cksum 0x{found:x4} -> 0x{expected:x4}!] ");
        text.Append("ICMP6, ");
        if (TryAppendMessage(text, data))
            text.Append($", length {packet.Length}");
        else
            text.Append(" [|icmp6]");
    }

    private static bool TryAppendMessage(StringBuilder text, ReadOnlySpan<byte> data)
    {
        switch (data[0])
        {
            case 1:
                text.Append("destination unreachable, ").Append(data[1] switch
                {
                    0 => "unreachable route",
                    1 => "unreachable prohibited",
                    3 => "unreachable address",
                    4 => "unreachable port",
                    _ => $"unreachable code-#{data[1]}",
                });
                return true;
            case 2:
                return TryAppendNumber(text, "packet too big", ", mtu ", data);
            case 3:
                text.Append(data[1] == 0 ? "time exceeded in-transit" : "ip6 reassembly time exceeded");
                return true;
            case 128:
                return TryAppendEcho(text, "echo request", data);
            case 129:
                return TryAppendEcho(text, "echo reply", data);
            case 130:
                text.Append("multicast listener query");
                return true;
            case 131:
                text.Append("multicast listener report");
                return true;
            case 132:
                text.Append("multicast listener done");
                return true;
            case 133:
                text.Append("router solicitation");
                return true;
            case 134:
                text.Append("router advertisement");
                return true;
            case 135:
                return TryAppendTarget(text, "neighbor solicitation", ", who has ", data);
            case 136:
                return TryAppendTarget(text, "neighbor advertisement", ", tgt is ", data);
            case 143:
                text.Append("multicast listener report v2");
                if (data.Length < 8)
                    return false;
                text.Append($", {BinaryPrimitives.ReadUInt16BigEndian(data[6..])} group record(s)");
                return true;
            default:
                text.Append($"type-#{data[0]}");
                return true;
        }
    }

    private static bool TryAppendEcho(StringBuilder text, string name, ReadOnlySpan<byte> data)
    {
        text.Append(name);
        if (data.Length < 8)
            return false;
        text.Append($", id {BinaryPrimitives.ReadUInt16BigEndian(data[4..])}, seq {BinaryPrimitives.ReadUInt16BigEndian(data[6..])}");
        return true;
    }

    private static bool TryAppendNumber(StringBuilder text, string name, string label, ReadOnlySpan<byte> data)
    {
        text.Append(name);
        if (data.Length < 8)
            return false;
        text.Append(label).Append(BinaryPrimitives.ReadUInt32BigEndian(data[4..]));
        return true;
    }

    private static bool TryAppendTarget(StringBuilder text, string name, string label, ReadOnlySpan<byte> data)
    {
        text.Append(name);
        if (data.Length < TargetOffset + AddressSize)
            return false;
        AddressText.AppendIp(text.Append(label), data.Slice(TargetOffset, AddressSize));
        return true;
    }
}
