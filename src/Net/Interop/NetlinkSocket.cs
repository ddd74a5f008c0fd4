using System.Runtime.InteropServices;
using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net.Interop;

/// <summary>An rtnetlink(7) socket: requests about one link, or the kernel's announcements about all of them.</summary>
internal sealed unsafe class NetlinkSocket : IDisposable
{
    // The largest message the kernel sends for a link is a page or two; NLMSG_GOODSIZE is at most 8 KiB, dumps up to 32 KiB.
    private const int BufferLength = 32 * 1024;

    private readonly SafeFd _fd;
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferLength, pinned: true);

    /// <param name="groups">RTMGRP_ bits to subscribe to; 0 for requests only.</param>
    /// <param name="blocking">Whether <see cref="Receive"/> waits.</param>
    internal NetlinkSocket(uint groups, bool blocking)
    {
        _fd = Libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK), NETLINK_ROUTE);
        if (_fd.IsInvalid)
            throw LinuxException.Last("socket(AF_NETLINK)");
        var address = new sockaddr_nl { nl_family = AF_NETLINK, nl_groups = groups };

        // SAFETY: the structure lives on this frame, and the length is its own.
        if (Libc.bind(_fd, &address, (uint)sizeof(sockaddr_nl)) < 0)
            throw LinuxException.Last("bind(AF_NETLINK)");
    }

    internal SafeHandle Handle => _fd;

    internal void Send(ReadOnlySpan<byte> request)
    {
        nint sent;

        // SAFETY: the span is pinned during the call.
        fixed (byte* bytes = request)
        {
            do
            {
                sent = Libc.send(_fd, bytes, (nuint)request.Length, 0);
            }
            while (sent < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);
        }

        if (sent < 0)
            throw LinuxException.Last("send(AF_NETLINK)");
    }

    /// <summary>One datagram of whole messages, valid until the next call; empty when none waits; null when announcements were lost.</summary>
    internal ReadOnlyMemory<byte>? Receive()
    {
        nint received;

        // SAFETY: the buffer is allocated pinned and is BufferLength bytes long.
        fixed (byte* bytes = _buffer)
        {
            do
            {
                received = Libc.recv(_fd, bytes, BufferLength, 0);
            }
            while (received < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);
        }

        if (received >= 0)
            return _buffer.AsMemory(0, (int)received);
        var errno = Marshal.GetLastPInvokeError();
        return errno switch
        {
            Errno.EAGAIN => ReadOnlyMemory<byte>.Empty,

            // A bare null would be taken for a null array here, and that for empty memory.
            Errno.ENOBUFS => default(ReadOnlyMemory<byte>?),
            _ => throw new LinuxException("recv(AF_NETLINK)", errno),
        };
    }

    public void Dispose() => _fd.Dispose();
}
