using System.Buffers.Binary;
using System.Text;

namespace QmpRedirector.Net;

/// <summary>
/// One line of text for an Ethernet frame, as <c>tcpdump -n -S</c> writes it: no names, no state, absolute sequence numbers.
/// </summary>
/// <remarks>
/// Ethernet II with any number of VLAN tags (shown as <c>tcpdump -e</c> does: "vlan 5, p 0, "), ARP and RARP, IPv4, IPv6 with its extension
/// headers, TCP, UDP, ICMP, ICMPv6 with neighbour discovery. What is carried by UDP and TCP is not looked into. What is cut off ends in
/// "[|ip]", "[|tcp]" ... Any bytes at all give a line, and never an exception.
/// </remarks>
public static class PacketSummary
{
    private const int HeaderSize = 14;
    private const int TypeOffset = 12;
    private const int MaxLlcLength = 1500;

    /// <summary>Describes a frame.</summary>
    /// <param name="frame">The Ethernet frame, without a virtio-net header.</param>
    /// <param name="verifyChecksums">
    /// Also marks a wrong IPv4, TCP, UDP, ICMP or ICMPv6 checksum as <c>tcpdump -vv</c> does ("[bad udp cksum 0x1111 -> 0xb2c9!]"). Not for
    /// frames whose virtio-net header says that the checksum is still to be finished.
    /// </param>
    /// <returns>Text without a line end.</returns>
    public static string Format(ReadOnlySpan<byte> frame, bool verifyChecksums = false)
    {
        if (frame.Length < HeaderSize)
            return "[|ether]";
        var text = new StringBuilder(128);
        AppendPayload(text, frame[TypeOffset..], verifyChecksums);
        return text.ToString();
    }

    private static void AppendPayload(StringBuilder text, ReadOnlySpan<byte> typeAndPayload, bool verify)
    {
        while (true)
        {
            var type = BinaryPrimitives.ReadUInt16BigEndian(typeAndPayload);
            var payload = typeAndPayload[2..];
            switch (type)
            {
                case EtherTypes.Vlan or EtherTypes.QinQ:
                    if (payload.Length < VlanTag.Size)
                    {
                        text.Append("[|vlan]");
                        return;
                    }

                    AppendTag(text, BinaryPrimitives.ReadUInt16BigEndian(payload));
                    typeAndPayload = payload[2..];
                    continue;
                case EtherTypes.Arp or EtherTypes.Rarp:
                    ArpSummary.Append(text, payload);
                    return;
                case EtherTypes.Ip4:
                    Ip4Summary.Append(text, payload, verify);
                    return;
                case EtherTypes.Ip6:
                    Ip6Summary.Append(text, payload, verify);
                    return;
                case <= MaxLlcLength:
                    AppendLlc(text, payload);
                    return;
                default:
                    text.Append($"ethertype 0x{type:x4}, length {payload.Length}");
                    return;
            }
        }
    }

    private static void AppendTag(StringBuilder text, ushort tci) =>
        text.Append($"vlan {tci & 0xfff}, p {tci >> 13}, ").Append((tci & 0x1000) != 0 ? "DEI, " : "");

    // IEEE 802.3: the type is a length, and an LLC header follows.
    private static void AppendLlc(StringBuilder text, ReadOnlySpan<byte> payload)
    {
        if (payload.Length < 3)
            text.Append("[|llc]");
        else
            text.Append($"LLC, dsap 0x{payload[0]:x2}, ssap 0x{payload[1]:x2}, ctrl 0x{payload[2]:x2}, length {payload.Length}");
    }
}
