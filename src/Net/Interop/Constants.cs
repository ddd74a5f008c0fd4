namespace QmpRedirector.Net.Interop;

/// <summary>
/// Kernel constants, spelled as the kernel headers spell them. Every one is checked against the system's headers by a
/// static assert (tests/Net.Tests/Abi).
/// </summary>
internal static class Constants
{
    // sys/socket.h, bits/socket.h, asm-generic/socket.h
    internal const int AF_UNSPEC = 0;
    internal const int AF_NETLINK = 16;
    internal const int AF_PACKET = 17;
    internal const int SOCK_RAW = 3;
    internal const int SOCK_NONBLOCK = 0x800;
    internal const int SOCK_CLOEXEC = 0x80000;
    internal const int SOL_SOCKET = 1;
    internal const int SO_TYPE = 3;
    internal const int SO_ERROR = 4;
    internal const int SO_ATTACH_FILTER = 26;
    internal const int SO_TIMESTAMPNS = 35;
    internal const int SO_DOMAIN = 39;
    internal const int MSG_DONTWAIT = 0x40;
    internal const int MSG_NOSIGNAL = 0x4000;

    // linux/if_packet.h
    internal const int SOL_PACKET = 263;
    internal const int PACKET_RX_RING = 5;
    internal const int PACKET_STATISTICS = 6;
    internal const int PACKET_VERSION = 10;
    internal const int PACKET_RESERVE = 12;
    internal const int PACKET_VNET_HDR = 15;
    internal const int PACKET_OUTGOING = 4;
    internal const int TPACKET_V2 = 1;
    internal const int TPACKET_V3 = 2;
    internal const int TPACKET_ALIGNMENT = 16;
    internal const int TPACKET2_HDRLEN = 52;
    internal const int TPACKET3_HDRLEN = 68;
    internal const uint TP_STATUS_KERNEL = 0;
    internal const uint TP_STATUS_USER = 1 << 0;
    internal const uint TP_STATUS_COPY = 1 << 1;
    internal const uint TP_STATUS_VLAN_VALID = 1 << 4;
    internal const uint TP_STATUS_VLAN_TPID_VALID = 1 << 6;

    // linux/if_ether.h
    internal const int ETH_P_ALL = 0x0003;
    internal const int ETH_P_8021Q = 0x8100;

    // linux/filter.h, linux/bpf_common.h
    internal const ushort BPF_LD_B_ABS = 0x30;
    internal const ushort BPF_LD_W_LEN = 0x80;
    internal const ushort BPF_JMP_JEQ_K = 0x15;
    internal const ushort BPF_JMP_JGT_K = 0x25;
    internal const ushort BPF_RET_K = 0x06;
    internal const uint SKF_AD_PKTTYPE_ABS = unchecked((uint)(-0x1000 + 4));

    // poll.h
    internal const short POLLIN = 0x1;
    internal const short POLLOUT = 0x4;
    internal const short POLLERR = 0x8;
    internal const short POLLHUP = 0x10;

    // sys/eventfd.h
    internal const int EFD_CLOEXEC = 0x80000;
    internal const int EFD_NONBLOCK = 0x800;

    // linux/netlink.h, linux/rtnetlink.h
    internal const int NETLINK_ROUTE = 0;
    internal const uint RTMGRP_LINK = 1;
    internal const ushort NLMSG_ERROR = 2;
    internal const ushort NLMSG_DONE = 3;
    internal const ushort NLM_F_REQUEST = 0x1;
    internal const ushort NLM_F_DUMP = 0x300;
    internal const ushort RTM_NEWLINK = 16;
    internal const ushort RTM_DELLINK = 17;
    internal const ushort RTM_GETLINK = 18;

    // linux/if_link.h, linux/if_tun.h, net/if.h
    internal const ushort IFLA_IFNAME = 3;
    internal const ushort IFLA_QDISC = 6;
    internal const ushort IFLA_LINKINFO = 18;
    internal const ushort IFLA_INFO_KIND = 1;
    internal const ushort IFLA_INFO_DATA = 2;
    internal const ushort IFLA_TUN_TYPE = 3;
    internal const ushort IFLA_TUN_VNET_HDR = 5;
    internal const ushort IFLA_TUN_MULTI_QUEUE = 7;
    internal const ushort NLA_TYPE_MASK = 0x3fff;
    internal const int IFF_TAP = 0x2;
    internal const uint IFF_UP = 0x1;
    internal const uint IFF_LOWER_UP = 0x10000;
    internal const int IFNAMSIZ = 16;

    // fcntl.h, unistd.h, linux/stat.h
    internal const int O_WRONLY = 0x1;
    internal const int O_CREAT = 0x40;
    internal const int O_EXCL = 0x80;
    internal const int O_NONBLOCK = 0x800;
    internal const int O_CLOEXEC = 0x80000;
    internal const int AT_FDCWD = -100;
    internal const int AT_EMPTY_PATH = 0x1000;
    internal const int AT_SYMLINK_NOFOLLOW = 0x100;
    internal const int AT_EACCESS = 0x200;
    internal const int W_OK = 2;
    internal const int X_OK = 1;
    internal const uint STATX_TYPE = 1;
    internal const int S_IFMT = 0xf000;
    internal const int S_IFIFO = 0x1000;
    internal const int S_IFREG = 0x8000;
    internal const int S_IFLNK = 0xa000;
    internal const int S_IFSOCK = 0xc000;

    // bits/mman-linux.h
    internal const int PROT_READ = 0x1;
    internal const int PROT_WRITE = 0x2;
    internal const int MAP_SHARED = 0x1;

    // linux/prctl.h
    internal const int PR_SET_TIMERSLACK = 29;

    // time.h
    internal const int CLOCK_REALTIME = 0;
}
