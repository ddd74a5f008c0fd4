namespace QmpRedirector.Net;

/// <summary>Values of the Ethernet type field that are told apart here (linux/if_ether.h ETH_P_*).</summary>
public static class EtherTypes
{
    /// <summary>ETH_P_IP.</summary>
    public const ushort Ip4 = 0x0800;

    /// <summary>ETH_P_ARP.</summary>
    public const ushort Arp = 0x0806;

    /// <summary>ETH_P_RARP: what QEMU announces a migrated guest with.</summary>
    public const ushort Rarp = 0x8035;

    /// <summary>ETH_P_8021Q.</summary>
    public const ushort Vlan = 0x8100;

    /// <summary>ETH_P_IPV6.</summary>
    public const ushort Ip6 = 0x86dd;

    /// <summary>ETH_P_8021AD.</summary>
    public const ushort QinQ = 0x88a8;

    /// <summary>ETH_P_LLDP.</summary>
    public const ushort Lldp = 0x88cc;
}
