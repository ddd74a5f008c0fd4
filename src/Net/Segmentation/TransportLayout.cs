using System.Buffers.Binary;

namespace QmpRedirector.Net;

/// <summary>Where the IP and the transport header of an Ethernet frame begin, found as the kernel's GSO finds them.</summary>
/// <param name="Network">Offset of the IP header: 14, and 4 more for each VLAN tag.</param>
/// <param name="Transport">Offset of what follows the IP header, its options and extension headers.</param>
/// <param name="IsIp6">IPv6; else IPv4.</param>
/// <param name="Protocol">The transport's protocol number: 6 TCP, 17 UDP.</param>
internal readonly record struct TransportLayout(int Network, int Transport, bool IsIp6, byte Protocol)
{
    internal const int Ip4Size = 20;
    internal const int Ip6Size = 40;

    private const int EthernetAddresses = 12;

    // linux/if_vlan.h VLAN_MAX_DEPTH.
    private const int MaxTags = 8;

    // What of IPv6 is walked over: IPPROTO_HOPOPTS and the headers with INET6_PROTO_GSO_EXTHDR (net/ipv6/exthdrs_offload.c). A
    // fragment header is not among them: no fragment can be segmented.
    private const byte HopByHop = 0;
    private const byte Routing = 43;
    private const byte DestinationOptions = 60;

    /// <summary>False when it is no IP packet, or ends within its headers.</summary>
    internal static bool TryFind(ReadOnlySpan<byte> frame, out TransportLayout layout)
    {
        layout = default;
        var type = EthernetAddresses;
        for (var tags = 0; tags <= MaxTags; tags++, type += VlanTag.Size)
        {
            if (frame.Length < type + sizeof(ushort))
                return false;
            switch (BinaryPrimitives.ReadUInt16BigEndian(frame[type..]))
            {
                case EtherTypes.Ip4:
                    return TryFind4(frame, type + sizeof(ushort), out layout);
                case EtherTypes.Ip6:
                    return TryFind6(frame, type + sizeof(ushort), out layout);
                case EtherTypes.Vlan or EtherTypes.QinQ:
                    break;
                default:
                    return false;
            }
        }

        return false;
    }

    private static bool TryFind4(ReadOnlySpan<byte> frame, int network, out TransportLayout layout)
    {
        layout = default;
        if (frame.Length < network + Ip4Size)
            return false;
        var size = (frame[network] & 0xf) * 4;
        if (frame[network] >> 4 != 4 || size < Ip4Size || frame.Length < network + size)
            return false;
        layout = new TransportLayout(network, network + size, false, frame[network + 9]);
        return true;
    }

    private static bool TryFind6(ReadOnlySpan<byte> frame, int network, out TransportLayout layout)
    {
        layout = default;
        if (frame.Length < network + Ip6Size || frame[network] >> 4 != 6)
            return false;
        var next = frame[network + 6];
        var at = network + Ip6Size;
        while (next is HopByHop or Routing or DestinationOptions)
        {
            // RFC 8200 4.3: the length in units of 8 bytes, without the first.
            if (frame.Length < at + 8 || frame.Length < at + ((frame[at + 1] + 1) * 8))
                return false;
            next = frame[at];
            at += (frame[at + 1] + 1) * 8;
        }

        layout = new TransportLayout(network, at, true, next);
        return true;
    }
}
