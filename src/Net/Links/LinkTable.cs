using QmpRedirector.Net.Interop;
using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net;

/// <summary>Looks a network interface up in this process's network namespace.</summary>
public static class LinkTable
{
    /// <summary>The interface of that name, or null when there is none.</summary>
    /// <exception cref="LinuxException">rtnetlink failed for another reason.</exception>
    public static LinkInfo? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length is 0 or >= IFNAMSIZ || name.Contains('\0'))
            return null;
        using var socket = new NetlinkSocket(groups: 0, blocking: true);
        socket.Send(LinkMessage.GetLinkByName(name, sequence: 1));
        var answer = socket.Receive() ?? ReadOnlyMemory<byte>.Empty;
        var datagram = answer.Span;
        while (LinkMessage.TryTake(ref datagram, out var type, out var payload))
        {
            if (type == RTM_NEWLINK)
                return LinkMessage.Read(payload);
            if (type == NLMSG_ERROR)
                return LinkMessage.Error(payload) == Errno.ENODEV ? null : throw new LinuxException("RTM_GETLINK", LinkMessage.Error(payload), name);
        }

        return null;
    }

    /// <summary>Every interface. One may be missing if others come or go meanwhile (the kernel's NLM_F_DUMP_INTR).</summary>
    /// <exception cref="LinuxException">rtnetlink failed.</exception>
    internal static IReadOnlyList<LinkInfo> All()
    {
        using var socket = new NetlinkSocket(groups: 0, blocking: true);
        socket.Send(LinkMessage.GetLinks(sequence: 1));
        List<LinkInfo> links = [];
        while (true)
        {
            var answer = socket.Receive() ?? throw new LinuxException("RTM_GETLINK", Errno.ENOBUFS);
            var datagram = answer.Span;
            while (LinkMessage.TryTake(ref datagram, out var type, out var payload))
            {
                if (type == NLMSG_DONE)
                    return links;
                if (type == NLMSG_ERROR)
                    throw new LinuxException("RTM_GETLINK", LinkMessage.Error(payload));
                if (type == RTM_NEWLINK && LinkMessage.Read(payload) is { } link)
                    links.Add(link);
            }
        }
    }
}
