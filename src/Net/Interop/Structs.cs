using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace QmpRedirector.Net.Interop;

// Layouts of the kernel's and libc's structures on 64-bit Linux, checked against the headers in tests/Net.Tests/Abi.

/// <summary>linux/if_packet.h, struct sockaddr_ll: its address is eight bytes and no number, so it is not aligned to eight.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct sockaddr_ll
{
    internal ushort sll_family;
    internal ushort sll_protocol;
    internal int sll_ifindex;
    internal ushort sll_hatype;
    internal byte sll_pkttype;
    internal byte sll_halen;
    internal ulong sll_addr;
}

/// <summary>linux/if_packet.h, struct tpacket2_hdr: the beginning of a slot; a sockaddr_ll follows, aligned to TPACKET_ALIGNMENT.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct tpacket2_hdr : IRingHeader
{
    internal uint tp_status;
    internal uint tp_len;
    internal uint tp_snaplen;
    internal ushort tp_mac;
    internal ushort tp_net;
    internal uint tp_sec;
    internal uint tp_nsec;
    internal ushort tp_vlan_tci;
    internal ushort tp_vlan_tpid;
    internal uint tp_padding;

    public static int AddressOffset => Constants.TPACKET2_HDRLEN - Unsafe.SizeOf<sockaddr_ll>();

    public readonly uint Status => tp_status;

    public readonly uint Length => tp_len;

    public readonly uint Captured => tp_snaplen;

    public readonly int FrameOffset => tp_mac;

    public readonly long Timestamp => (tp_sec * 1_000_000_000L) + tp_nsec;

    public readonly ushort VlanTci => tp_vlan_tci;

    public readonly ushort VlanTpid => tp_vlan_tpid;
}

/// <summary>linux/if_packet.h, struct tpacket_req3: the shape of a ring. It begins with the tpacket_req that other versions take.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct tpacket_req3
{
    internal uint tp_block_size;
    internal uint tp_block_nr;
    internal uint tp_frame_size;
    internal uint tp_frame_nr;
    internal uint tp_retire_blk_tov;
    internal uint tp_sizeof_priv;
    internal uint tp_feature_req_word;
}

/// <summary>
/// linux/if_packet.h, struct tpacket3_hdr: the beginning of a frame's place in a block; a sockaddr_ll follows. The union of it has one
/// member, which is spelled out here.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct tpacket3_hdr : IRingHeader
{
    internal uint tp_next_offset;
    internal uint tp_sec;
    internal uint tp_nsec;
    internal uint tp_snaplen;
    internal uint tp_len;
    internal uint tp_status;
    internal ushort tp_mac;
    internal ushort tp_net;
    internal tpacket_hdr_variant1 hv1;
    internal ulong tp_padding;

    public static int AddressOffset => Constants.TPACKET3_HDRLEN - Unsafe.SizeOf<sockaddr_ll>();

    public readonly uint Status => tp_status;

    public readonly uint Length => tp_len;

    public readonly uint Captured => tp_snaplen;

    public readonly int FrameOffset => tp_mac;

    public readonly long Timestamp => (tp_sec * 1_000_000_000L) + tp_nsec;

    public readonly ushort VlanTci => (ushort)hv1.tp_vlan_tci;

    public readonly ushort VlanTpid => hv1.tp_vlan_tpid;
}

/// <summary>linux/if_packet.h, struct tpacket_hdr_variant1.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct tpacket_hdr_variant1
{
    internal uint tp_rxhash;
    internal uint tp_vlan_tci;
    internal ushort tp_vlan_tpid;
    internal ushort tp_padding;
}

/// <summary>linux/if_packet.h, struct tpacket_block_desc: the beginning of a block.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct tpacket_block_desc
{
    internal uint version;
    internal uint offset_to_priv;
    internal tpacket_hdr_v1 hdr;
}

/// <summary>linux/if_packet.h, struct tpacket_hdr_v1, the only member of union tpacket_bd_header_u.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct tpacket_hdr_v1
{
    internal uint block_status;
    internal uint num_pkts;
    internal uint offset_to_first_pkt;
    internal uint blk_len;
    internal ulong seq_num;
    internal tpacket_bd_ts ts_first_pkt;
    internal tpacket_bd_ts ts_last_pkt;
}

/// <summary>linux/if_packet.h, struct tpacket_bd_ts; the union of micro- and nanoseconds is the latter in a ring.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct tpacket_bd_ts
{
    internal uint ts_sec;
    internal uint ts_nsec;
}

/// <summary>linux/if_packet.h, struct tpacket_stats_v3. It begins with the tpacket_stats that other versions give.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct tpacket_stats_v3
{
    internal uint tp_packets;
    internal uint tp_drops;
    internal uint tp_freeze_q_cnt;
}

/// <summary>linux/filter.h, struct sock_filter: one classic BPF instruction.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct sock_filter(ushort code, byte jt, byte jf, uint k)
{
    internal ushort code = code;
    internal byte jt = jt;
    internal byte jf = jf;
    internal uint k = k;
}

/// <summary>linux/filter.h, struct sock_fprog.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct sock_fprog
{
    internal ushort len;
    internal sock_filter* filter;
}

/// <summary>bits/types/struct_iovec.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct iovec
{
    internal byte* iov_base;
    internal nuint iov_len;
}

/// <summary>bits/socket.h, struct msghdr.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct msghdr
{
    internal void* msg_name;
    internal uint msg_namelen;
    internal iovec* msg_iov;
    internal nuint msg_iovlen;
    internal void* msg_control;
    internal nuint msg_controllen;
    internal int msg_flags;
}

/// <summary>bits/types/struct_timespec.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct timespec
{
    internal long tv_sec;
    internal long tv_nsec;
}

/// <summary>poll.h, struct pollfd.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct pollfd
{
    internal int fd;
    internal short events;
    internal short revents;
}

/// <summary>linux/netlink.h, struct sockaddr_nl.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct sockaddr_nl
{
    internal ushort nl_family;
    internal ushort nl_pad;
    internal uint nl_pid;
    internal uint nl_groups;
}

/// <summary>linux/netlink.h, struct nlmsghdr.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct nlmsghdr
{
    internal uint nlmsg_len;
    internal ushort nlmsg_type;
    internal ushort nlmsg_flags;
    internal uint nlmsg_seq;
    internal uint nlmsg_pid;
}

/// <summary>linux/rtnetlink.h, struct ifinfomsg.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ifinfomsg
{
    internal byte ifi_family;
    internal byte __ifi_pad;
    internal ushort ifi_type;
    internal int ifi_index;
    internal uint ifi_flags;
    internal uint ifi_change;
}

/// <summary>linux/rtnetlink.h, struct rtattr; its payload follows, aligned to 4 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct rtattr
{
    internal ushort rta_len;
    internal ushort rta_type;
}
