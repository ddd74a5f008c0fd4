using System.Buffers.Binary;
using System.Text;

namespace QmpRedirector.Net;

/// <summary>TCP (RFC 9293).</summary>
internal static class TcpSummary
{
    private const int MinHeaderSize = 20;
    private const int ChecksumField = 16;
    private const byte Fin = 0x01;
    private const byte Syn = 0x02;
    private const byte Rst = 0x04;
    private const byte Ack = 0x10;
    private const byte Urg = 0x20;

    // tcpdump's letters, bit 0 first: FIN SYN RST PSH ACK URG ECE CWR.
    private const string FlagLetters = "FSRP.UEW";

    public static void Append(StringBuilder text, in IpPacket packet)
    {
        var data = packet.Payload;
        if (data.Length < 4)
        {
            packet.AppendEndpoints(text).Append("[|tcp]");
            return;
        }

        packet.AppendEndpointsWithPorts(text);
        if (data.Length < MinHeaderSize)
        {
            text.Append("[|tcp]");
            return;
        }

        var headerSize = (data[12] >> 4) * 4;
        if (headerSize < MinHeaderSize)
        {
            text.Append($"tcp {packet.Length - headerSize} [bad hdr length {headerSize} - too short, < {MinHeaderSize}]");
            return;
        }

        var flags = data[13];
        AppendFlags(text, flags);
        if (headerSize > packet.Length)
        {
            text.Append($" [bad hdr length {headerSize} - too long, > {packet.Length}]");
            return;
        }

        if (packet.HasBadChecksum(packet.Length, ChecksumField, true, out var found, out var expected))
            text.Append($", cksum 0x{found:x4} (incorrect -> 0x{expected:x4})");
        AppendNumbers(text, data, flags, packet.Length - headerSize);
        if (headerSize > data.Length)
        {
            text.Append(", options [|tcp]");
            return;
        }

        if (headerSize == MinHeaderSize || TcpOptions.TryAppend(text, data[MinHeaderSize..headerSize]))
            text.Append($", length {packet.Length - headerSize}");
    }

    private static void AppendFlags(StringBuilder text, byte flags)
    {
        text.Append("Flags [");
        for (var bit = 0; bit < FlagLetters.Length; bit++)
        {
            if ((flags >> bit & 1) != 0)
                text.Append(FlagLetters[bit]);
        }

        text.Append(flags == 0 ? "none]" : "]");
    }

    private static void AppendNumbers(StringBuilder text, ReadOnlySpan<byte> data, byte flags, int length)
    {
        var sequence = BinaryPrimitives.ReadUInt32BigEndian(data[4..]);
        if (length > 0 || (flags & (Syn | Fin | Rst)) != 0)
            text.Append($", seq {sequence}");
        if (length > 0)
            text.Append($":{unchecked(sequence + (uint)length)}");
        if ((flags & Ack) != 0)
            text.Append($", ack {BinaryPrimitives.ReadUInt32BigEndian(data[8..])}");
        text.Append($", win {BinaryPrimitives.ReadUInt16BigEndian(data[14..])}");
        if ((flags & Urg) != 0)
            text.Append($", urg {BinaryPrimitives.ReadUInt16BigEndian(data[18..])}");
    }
}
