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

/// <summary>linux/if_packet.h, struct tpacket_req: the shape of a ring.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct tpacket_req
{
    internal uint tp_block_size;
    internal uint tp_block_nr;
    internal uint tp_frame_size;
    internal uint tp_frame_nr;
}

/// <summary>linux/if_packet.h, struct tpacket2_hdr: the beginning of a slot; a sockaddr_ll follows, aligned to TPACKET_ALIGNMENT.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct tpacket2_hdr
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
}

/// <summary>linux/if_packet.h, struct tpacket_stats.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct tpacket_stats
{
    internal uint tp_packets;
    internal uint tp_drops;
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
