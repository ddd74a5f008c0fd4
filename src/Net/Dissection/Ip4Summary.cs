using System.Buffers.Binary;
using System.Text;

namespace QmpRedirector.Net;

/// <summary>IPv4 (RFC 791).</summary>
internal static class Ip4Summary
{
    private const int MinHeaderSize = 20;

    public static void Append(StringBuilder text, ReadOnlySpan<byte> data, bool verify)
    {
        if (data.IsEmpty)
        {
            text.Append("[|ip]");
            return;
        }

        if (data[0] >> 4 != 4)
        {
            text.Append($"IP{data[0] >> 4} (invalid)");
            return;
        }

        text.Append("IP ");
        if (data.Length < MinHeaderSize)
        {
            text.Append("[|ip]");
            return;
        }

        var headerSize = (data[0] & 15) * 4;
        int length = BinaryPrimitives.ReadUInt16BigEndian(data[2..]);
        if (headerSize < MinHeaderSize)
            text.Append($"bad-hlen {headerSize}");
        else if (length < headerSize)
            text.Append($"bad-len {length}");
        else
            AppendPacket(text, data, headerSize, length, verify);
    }

    private static void AppendPacket(StringBuilder text, ReadOnlySpan<byte> data, int headerSize, int length, bool verify)
    {
        if (length > data.Length)
            text.Append($"truncated-ip - {length - data.Length} bytes missing! ");
        else
            data = data[..length];
        if (headerSize > data.Length)
        {
            text.Append("[|ip]");
            return;
        }

        if (verify)
            AppendHeaderChecksum(text, data[..headerSize]);
        // 3 bits of flags, 13 of offset.
        int fragment = BinaryPrimitives.ReadUInt16BigEndian(data[6..]);
        var packet = new IpPacket
        {
            Source = data.Slice(12, 4),
            Destination = data.Slice(16, 4),
            Protocol = data[9],
            Payload = data[headerSize..],
            Length = length - headerSize,
            IsFragment = (fragment & 0x3fff) != 0,
            Verify = verify,
        };
        if ((fragment & 0x1fff) == 0)
            TransportSummary.Append(text, packet);
        else
            packet.AppendEndpoints(text).Append($"ip-proto-{packet.Protocol}");
    }

    private static void AppendHeaderChecksum(StringBuilder text, ReadOnlySpan<byte> header)
    {
        var found = BinaryPrimitives.ReadUInt16BigEndian(header[10..]);
        var expected = (ushort)~Checksum.Add(Checksum.Sum(header[..10]), Checksum.Sum(header[12..]));
        if (found != expected && Checksum.Sum(header) != ushort.MaxValue)
            text.Append($"(bad cksum {found:x} (->{expected:x})!) ");
    }
}
