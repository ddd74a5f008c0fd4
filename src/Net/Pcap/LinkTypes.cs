namespace QmpRedirector.Net;

/// <summary>Link-layer header types (tcpdump.org/linktypes.html).</summary>
internal static class LinkTypes
{
    private const ushort Ethernet = 1;

    /// <exception cref="PcapException">It is another, which is named.</exception>
    public static void RequireEthernet(ushort linkType, long offset, string who)
    {
        if (linkType != Ethernet)
            throw new PcapException(offset, $"{who} link type {linkType}{NameOf(linkType)}: only Ethernet (1) can be sent");
    }

    private static string NameOf(ushort linkType) => linkType switch
    {
        0 => " (NULL, BSD loopback)",
        9 => " (PPP)",
        12 or 14 or 101 => " (RAW, IP without a link layer)",
        105 => " (IEEE802_11)",
        108 => " (LOOP, OpenBSD loopback)",
        113 => " (LINUX_SLL, 'tcpdump -i any')",
        127 => " (IEEE802_11_RADIOTAP)",
        189 or 220 => " (USB_LINUX)",
        228 => " (IPV4)",
        229 => " (IPV6)",
        239 => " (NFLOG)",
        253 => " (NETLINK)",
        276 => " (LINUX_SLL2, 'tcpdump -i any')",
        _ => "",
    };
}
