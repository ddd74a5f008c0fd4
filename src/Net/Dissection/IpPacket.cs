using System.Buffers.Binary;
using System.Text;

namespace QmpRedirector.Net;

/// <summary>What the transport's summaries need to know of the IP packet around them.</summary>
internal readonly ref struct IpPacket
{
    /// <summary>4 or 16 bytes.</summary>
    public required ReadOnlySpan<byte> Source { get; init; }

    /// <summary>4 or 16 bytes.</summary>
    public required ReadOnlySpan<byte> Destination { get; init; }

    public required byte Protocol { get; init; }

    /// <summary>What is here of the payload, without the frame's padding.</summary>
    public required ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>Bytes of payload by the IP header's word; more than are here when the packet was cut.</summary>
    public required int Length { get; init; }

    /// <summary>A first fragment: the payload goes on elsewhere.</summary>
    public bool IsFragment { get; init; }

    public bool Verify { get; init; }

    /// <summary>An extension header has followed the addresses already: only the ports are still to be written.</summary>
    public bool EndpointsWritten { get; init; }

    /// <summary>"10.0.0.1 > 10.0.0.2: ".</summary>
    public StringBuilder AppendEndpoints(StringBuilder text)
    {
        if (EndpointsWritten)
            return text;
        AddressText.AppendIp(text, Source).Append(" > ");
        return AddressText.AppendIp(text, Destination).Append(": ");
    }

    /// <summary>"10.0.0.1.1234 > 10.0.0.2.7: ", the ports being the payload's first four bytes.</summary>
    public StringBuilder AppendEndpointsWithPorts(StringBuilder text)
    {
        var source = BinaryPrimitives.ReadUInt16BigEndian(Payload);
        var destination = BinaryPrimitives.ReadUInt16BigEndian(Payload[2..]);
        if (EndpointsWritten)
            return text.Append($"{source} > {destination}: ");
        AddressText.AppendIp(text, Source).Append($".{source} > ");
        return AddressText.AppendIp(text, Destination).Append($".{destination}: ");
    }

    /// <summary>Compares the checksum field of the first <paramref name="length"/> bytes of payload with what it should be.</summary>
    /// <returns>False when it cannot be told or is right.</returns>
    public bool HasBadChecksum(int length, int field, bool withPseudoHeader, out ushort found, out ushort expected)
    {
        (found, expected) = (0, 0);
        if (!Verify || IsFragment || length > Payload.Length || field + sizeof(ushort) > length)
            return false;
        var data = Payload[..length];
        var sum = Checksum.Add(Checksum.Sum(data[..field]), Checksum.Sum(data[(field + sizeof(ushort))..]));
        if (withPseudoHeader)
        {
            // RFC 9293 3.1, RFC 768, RFC 8200 8.1: the addresses, the protocol, the length (whose 16 or 32 bits sum up alike).
            sum = Checksum.Add(sum, Checksum.Add(Checksum.Sum(Source), Checksum.Sum(Destination)));
            sum = Checksum.Add(sum, Checksum.Add(Protocol, (ushort)length));
        }

        found = BinaryPrimitives.ReadUInt16BigEndian(data[field..]);
        expected = (ushort)~sum;
        return Checksum.Add(sum, found) != ushort.MaxValue;
    }
}
