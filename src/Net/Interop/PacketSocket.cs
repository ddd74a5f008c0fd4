using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net.Interop;

/// <summary>
/// An AF_PACKET SOCK_RAW socket that delivers each frame into a ring, <see cref="SlotRing"/> or <see cref="BlockRing"/>, with its virtio-net header
/// (PACKET_VNET_HDR), its VLAN tag and the time it passed the tap point (SO_TIMESTAMPNS has the kernel stamp it there).
/// </summary>
/// <remarks>
/// It is created with protocol 0, so it receives nothing before <see cref="Bind"/>, and with a filter that drops everything:
/// there is no moment in which frames of another interface, or of a disarmed time, could be queued. See packet(7).
/// </remarks>
internal sealed unsafe class PacketSocket : IDisposable
{
    /// <summary>
    /// What a capture asks of the kernel beside the ring, in the order it is set: nothing is queued before the filter is there.
    /// </summary>
    internal static readonly ImmutableArray<(string Name, Action<PacketSocket> Set)> Options =
    [
        ("SO_ATTACH_FILTER", static socket => socket.AttachFilter(CaptureFilter.DropAll)),
        ("PACKET_VNET_HDR", static socket => socket.Set(SOL_PACKET, PACKET_VNET_HDR, 1, "setsockopt(PACKET_VNET_HDR)")),
        ("SO_TIMESTAMPNS", static socket => socket.Set(SOL_SOCKET, SO_TIMESTAMPNS, 1, "setsockopt(SO_TIMESTAMPNS)")),
        ("PACKET_VERSION", static socket => socket.Set(SOL_PACKET, PACKET_VERSION, socket._version, "setsockopt(PACKET_VERSION)")),
        ("PACKET_RESERVE", static socket => socket.Set(SOL_PACKET, PACKET_RESERVE, SlotRing.Reserve, "setsockopt(PACKET_RESERVE)")),
    ];

    // No frame has it: nobody may have it (IANA, IEEE 802 numbers), and below 1536 alone would be a length.
    private const ushort NoProtocol = 0xffff;

    private readonly SafeFd _fd;
    private readonly int _version;

    private PacketSocket(SafeFd fd, int version)
    {
        _fd = fd;
        _version = version;
    }

    internal SafeHandle Handle => _fd;

    /// <param name="inherited">A descriptor to take over; null to make a socket.</param>
    /// <param name="version">TPACKET_V2 or TPACKET_V3.</param>
    /// <exception cref="LinuxException">EPERM without CAP_NET_RAW, a lacking option, or what was inherited is no packet socket.</exception>
    internal static PacketSocket Open(int? inherited = null, int version = TPACKET_V2)
    {
        var socket = inherited is { } descriptor ? Adopt(descriptor, version) : Create(version);
        try
        {
            foreach (var (_, set) in Options)
                set(socket);
            if (inherited is not null)
                _ = socket.TakeStatistics(); // of what its maker let in; the frames go when the ring is made
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A socket that receives nothing and has none of <see cref="Options"/> yet.</summary>
    /// <exception cref="LinuxException">EPERM without CAP_NET_RAW.</exception>
    internal static PacketSocket Create(int version = TPACKET_V2)
    {
        var fd = Libc.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        return fd.IsInvalid ? throw LinuxException.Last("socket(AF_PACKET)") : new PacketSocket(fd, version);
    }

    /// <summary>Takes over a packet socket this process was started with. Any other descriptor stays as it is.</summary>
    /// <exception cref="LinuxException">EBADF, ENOTSOCK, or EPROTOTYPE for another kind of socket.</exception>
    private static PacketSocket Adopt(int descriptor, int version)
    {
        var on = $"descriptor {descriptor}";
        var fd = new SafeFd(descriptor);
        try
        {
            if (Option(fd, SO_DOMAIN, "getsockopt(SO_DOMAIN)", on) != AF_PACKET
                || Option(fd, SO_TYPE, "getsockopt(SO_TYPE)", on) != SOCK_RAW)
                throw new LinuxException("AF_PACKET SOCK_RAW", Errno.EPROTOTYPE, on);
            return new PacketSocket(fd, version);
        }
        catch
        {
            // It is somebody else's: standard error, perhaps.
            fd.SetHandleAsInvalid();
            throw;
        }
    }

    private static int Option(SafeFd fd, int option, string call, string on)
    {
        int value;
        uint length = sizeof(int);

        // SAFETY: an int on this frame, with its own size.
        return Libc.getsockopt(fd, SOL_SOCKET, option, &value, &length) < 0 ? throw LinuxException.Last(call, on) : value;
    }

    /// <summary>
    /// Binds to an interface, or from one that is gone to another. The frames queued before stay queued. On an interface that is
    /// down the socket reports ENETDOWN once and starts to receive when it comes up.
    /// </summary>
    /// <exception cref="LinuxException">ENODEV: no such interface.</exception>
    internal void Bind(int interfaceIndex) => BindTo(interfaceIndex, ETH_P_ALL);

    /// <summary>
    /// Binds to what never comes, so that no sender has anything to do for this socket any more, and returns when none has: a bound socket
    /// cannot be unbound, and one with a filter that drops everything still costs each frame that filter.
    /// </summary>
    internal void Park() => BindTo(0, NoProtocol);

    private void BindTo(int interfaceIndex, ushort protocol)
    {
        var address = new sockaddr_ll
        {
            sll_family = AF_PACKET,
            sll_protocol = BinaryPrimitives.ReverseEndianness(protocol),
            sll_ifindex = interfaceIndex,
        };

        // SAFETY: the structure lives on this frame for the duration of the call, and the length is its own.
        if (Libc.bind(_fd, &address, (uint)sizeof(sockaddr_ll)) < 0)
            throw LinuxException.Last("bind(AF_PACKET)", $"interface {interfaceIndex}");
    }

    /// <summary>Swaps the kernel filter. Frames already accepted stay queued; the swap itself is atomic per frame.</summary>
    internal void AttachFilter(ReadOnlySpan<sock_filter> program)
    {
        // SAFETY: the program is pinned during the call; the kernel copies it.
        fixed (sock_filter* instructions = program)
        {
            var descriptor = new sock_fprog { len = (ushort)program.Length, filter = instructions };
            if (Libc.setsockopt(_fd, SOL_SOCKET, SO_ATTACH_FILTER, &descriptor, (uint)sizeof(sock_fprog)) < 0)
                throw LinuxException.Last("setsockopt(SO_ATTACH_FILTER)");
        }
    }

    /// <summary>
    /// What passed the filter since the last call, of which <c>tp_drops</c> found no room in the ring. Reading resets both
    /// (net/packet/af_packet.c, packet_getsockopt).
    /// </summary>
    internal tpacket_stats_v3 TakeStatistics()
    {
        tpacket_stats_v3 statistics = default;
        var length = (uint)sizeof(tpacket_stats_v3);

        // SAFETY: the kernel writes at most `length` bytes into the structure on this frame.
        if (Libc.getsockopt(_fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &length) < 0)
            throw LinuxException.Last("getsockopt(PACKET_STATISTICS)");
        return statistics;
    }

    /// <summary>Makes the ring; what was queued before is gone.</summary>
    /// <exception cref="LinuxException">ENOMEM, or EBUSY: an inherited socket has one already.</exception>
    internal void MakeRing(in RingGeometry geometry) => SetRing(
        new tpacket_req3
        {
            tp_block_size = (uint)geometry.BlockSize,
            tp_block_nr = (uint)geometry.Blocks,
            tp_frame_size = (uint)geometry.SlotSize,
            tp_frame_nr = (uint)geometry.Slots,
            tp_retire_blk_tov = (uint)geometry.RetireMilliseconds,
        },
        $"{geometry.Bytes} bytes");

    /// <summary>Gives up the ring, which is mapped no more.</summary>
    internal void DropRing() => SetRing(default, "the ring there is");

    /// <summary>
    /// Takes the error that is pending, so that ppoll(2) reports it no longer. ENETDOWN comes once when the interface goes down or away;
    /// the frames of the ring stay.
    /// </summary>
    internal void TakeError() => _ = Option(_fd, SO_ERROR, "getsockopt(SO_ERROR)", "the packet socket");

    public void Dispose() => _fd.Dispose();

    private void SetRing(tpacket_req3 request, string on)
    {
        // SAFETY: the structure lives on this frame for the duration of the call, and the length is its own.
        if (Libc.setsockopt(_fd, SOL_PACKET, PACKET_RX_RING, &request, (uint)sizeof(tpacket_req3)) < 0)
            throw LinuxException.Last("setsockopt(PACKET_RX_RING)", on);
    }

    private void Set(int level, int option, int value, string call)
    {
        // SAFETY: an int on this frame, with its own size.
        if (Libc.setsockopt(_fd, level, option, &value, sizeof(int)) < 0)
            throw LinuxException.Last(call);
    }
}
