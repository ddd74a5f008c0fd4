using System.Buffers.Binary;

namespace QmpRedirector.SystemTests.Kit;

/// <summary>RFC 1071, written for clarity: the reference the sidecar's own arithmetic is held against.</summary>
internal static class InternetChecksum
{
    /// <summary>The folded one's complement sum, not yet inverted.</summary>
    public static ushort Sum(ReadOnlySpan<byte> data, uint start = 0)
    {
        var sum = (ulong)start;
        for (var i = 0; i < data.Length; i += 2)
            sum += i + 1 < data.Length ? BinaryPrimitives.ReadUInt16BigEndian(data[i..]) : (ushort)(data[i] << 8);
        while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)sum;
    }

    /// <summary>The sum of the pseudo header of RFC 768, 9293 and 8200: addresses, protocol and length.</summary>
    public static ushort PseudoHeader(ReadOnlySpan<byte> addresses, byte protocol, int length) =>
        Sum(addresses, (uint)(protocol + (length >> 16) + (length & 0xffff)));
}
