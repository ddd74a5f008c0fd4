using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net.Interop;

/// <summary>
/// An AF_PACKET SOCK_RAW socket that delivers each frame with its virtio-net header (PACKET_VNET_HDR), its VLAN tag
/// (PACKET_AUXDATA) and the time it passed the tap point (SO_TIMESTAMPNS).
/// </summary>
/// <remarks>
/// It is created with protocol 0, so it receives nothing before <see cref="Bind"/>, and with a filter that drops everything:
/// there is no moment in which frames of another interface, or of a disarmed time, could be queued. See packet(7).
/// </remarks>
internal sealed unsafe class PacketSocket : IDisposable
{
    /// <summary>
    /// What a capture asks of the kernel beside the buffer, in the order it is set: nothing is queued before the filter is there.
    /// </summary>
    internal static readonly ImmutableArray<(string Name, Action<PacketSocket> Set)> Options =
    [
        ("SO_ATTACH_FILTER", static socket => socket.AttachFilter(CaptureFilter.DropAll)),
        ("PACKET_VNET_HDR", static socket => socket.Enable(SOL_PACKET, PACKET_VNET_HDR, "setsockopt(PACKET_VNET_HDR)")),
        ("PACKET_AUXDATA", static socket => socket.Enable(SOL_PACKET, PACKET_AUXDATA, "setsockopt(PACKET_AUXDATA)")),
        ("SO_TIMESTAMPNS", static socket => socket.Enable(SOL_SOCKET, SO_TIMESTAMPNS, "setsockopt(SO_TIMESTAMPNS)")),
    ];

    private readonly SafeFd _fd;

    private PacketSocket(SafeFd fd) => _fd = fd;

    internal SafeHandle Handle => _fd;

    /// <summary>Bytes of receive buffer the kernel granted, as it charges them (twice what SO_RCVBUF was given).</summary>
    internal long ReceiveBuffer { get; private set; }

    /// <param name="receiveBuffer">Bytes of receive buffer to ask for, as the kernel charges them.</param>
    /// <param name="inherited">A descriptor to take over; null to make a socket.</param>
    /// <exception cref="LinuxException">EPERM without CAP_NET_RAW, a lacking option, or what was inherited is no packet socket.</exception>
    internal static PacketSocket Open(long receiveBuffer, int? inherited = null)
    {
        var socket = inherited is { } descriptor ? Adopt(descriptor) : Create();
        try
        {
            foreach (var (_, set) in Options)
                set(socket);
            if (inherited is not null)
                socket.DiscardQueued();
            socket.SetReceiveBuffer(receiveBuffer);
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
    internal static PacketSocket Create()
    {
        var fd = Libc.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        return fd.IsInvalid ? throw LinuxException.Last("socket(AF_PACKET)") : new PacketSocket(fd);
    }

    /// <summary>Takes over a packet socket this process was started with. Any other descriptor stays as it is.</summary>
    /// <exception cref="LinuxException">EBADF, ENOTSOCK, or EPROTOTYPE for another kind of socket.</exception>
    private static PacketSocket Adopt(int descriptor)
    {
        var on = $"descriptor {descriptor}";
        var fd = new SafeFd(descriptor);
        try
        {
            if (Option(fd, SO_DOMAIN, "getsockopt(SO_DOMAIN)", on) != AF_PACKET
                || Option(fd, SO_TYPE, "getsockopt(SO_TYPE)", on) != SOCK_RAW)
                throw new LinuxException("AF_PACKET SOCK_RAW", Errno.EPROTOTYPE, on);
            return new PacketSocket(fd);
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
    internal void Bind(int interfaceIndex)
    {
        var address = new sockaddr_ll
        {
            sll_family = AF_PACKET,
            sll_protocol = BinaryPrimitives.ReverseEndianness((ushort)ETH_P_ALL),
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
    /// What passed the filter since the last call, of which <c>tp_drops</c> found the receive buffer full. Reading resets both
    /// (net/packet/af_packet.c, packet_getsockopt).
    /// </summary>
    internal tpacket_stats TakeStatistics()
    {
        tpacket_stats statistics = default;
        var length = (uint)sizeof(tpacket_stats);

        // SAFETY: the kernel writes at most `length` bytes into the structure on this frame.
        if (Libc.getsockopt(_fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &length) < 0)
            throw LinuxException.Last("getsockopt(PACKET_STATISTICS)");
        return statistics;
    }

    /// <summary>Bytes of receive buffer in use, as the kernel charges them; 0 exactly when no frame is queued.</summary>
    internal long QueuedBytes() => MemoryInformation(SK_MEMINFO_RMEM_ALLOC);

    public void Dispose() => _fd.Dispose();

    /// <summary>
    /// Asks for a receive buffer; <see cref="ReceiveBuffer"/> tells what came of it. True when no limit applied (CAP_NET_ADMIN).
    /// </summary>
    internal bool SetReceiveBuffer(long bytes)
    {
        // The kernel doubles the value to allow for its own overhead and charges against the double (socket(7), SO_RCVBUF). Half of an odd
        // number is rounded up: no less than was asked for is granted.
        var half = (int)Math.Min((bytes + 1) / 2, int.MaxValue / 2);

        // SAFETY: an int on this frame, with its own size.
        var isForced = Libc.setsockopt(_fd, SOL_SOCKET, SO_RCVBUFFORCE, &half, sizeof(int)) == 0;
        if (!isForced && Libc.setsockopt(_fd, SOL_SOCKET, SO_RCVBUF, &half, sizeof(int)) < 0)
            throw LinuxException.Last("setsockopt(SO_RCVBUF)");
        ReceiveBuffer = MemoryInformation(SK_MEMINFO_RCVBUF);
        return isForced;
    }

    // What its maker let in before the filter that drops everything was there, and the count of it.
    private void DiscardQueued()
    {
        byte frame;

        // SAFETY: one byte on this frame; the rest of each message is cut off by the kernel.
        while (Libc.recv(_fd, &frame, 1, MSG_DONTWAIT) >= 0 || Marshal.GetLastPInvokeError() is Errno.EINTR or Errno.ENETDOWN)
        {
        }

        _ = TakeStatistics();
    }

    private void Enable(int level, int option, string call)
    {
        var one = 1;

        // SAFETY: an int on this frame, with its own size.
        if (Libc.setsockopt(_fd, level, option, &one, sizeof(int)) < 0)
            throw LinuxException.Last(call);
    }

    private long MemoryInformation(int index)
    {
        var values = stackalloc uint[SK_MEMINFO_VARS];
        var length = (uint)(SK_MEMINFO_VARS * sizeof(uint));

        // SAFETY: the kernel writes at most `length` bytes into the array on this frame.
        if (Libc.getsockopt(_fd, SOL_SOCKET, SO_MEMINFO, values, &length) < 0)
            throw LinuxException.Last("getsockopt(SO_MEMINFO)");
        return values[index];
    }
}
