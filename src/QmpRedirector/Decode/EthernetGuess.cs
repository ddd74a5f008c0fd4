using System.Buffers.Binary;
using QmpRedirector.Net;

namespace QmpRedirector.Decode;

/// <summary>Whether bytes look like an Ethernet frame: the frames guests exchange have a known type and a header that fits it.</summary>
internal static class EthernetGuess
{
    private const int TypeOffset = 12;

    /// <summary>
    /// True if an Ethernet frame seems to begin at <paramref name="start"/>, which may be up to 12 before the first byte here.
    /// </summary>
    public static bool BeginsAt(ReadOnlySpan<byte> bytes, int start)
    {
        var position = start + TypeOffset;
        while (position >= 0 && position + 4 <= bytes.Length)
        {
            var payload = bytes[(position + 2)..];
            switch (BinaryPrimitives.ReadUInt16BigEndian(bytes[position..]))
            {
                case EtherTypes.Ip4:
                    return payload[0] >> 4 == 4;
                case EtherTypes.Ip6:
                    return payload[0] >> 4 == 6;
                case EtherTypes.Arp or EtherTypes.Rarp:
                    return BinaryPrimitives.ReadUInt16BigEndian(payload) == 1; // Hardware type: Ethernet.
                case EtherTypes.Lldp:
                    return payload[0] >> 1 == 1; // The first TLV is the chassis id.
                case EtherTypes.Vlan or EtherTypes.QinQ:
                    position += VlanTag.Size;
                    continue;
                default:
                    return false;
            }
        }

        return false;
    }
}
