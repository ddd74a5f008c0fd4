using System.Runtime.InteropServices;
using System.Text;
using QmpRedirector.Net.Interop;
using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net;

/// <summary>Builds RTM_GETLINK requests and reads RTM_NEWLINK and RTM_DELLINK (rtnetlink(7), linux/if_link.h). Host byte order.</summary>
internal static class LinkMessage
{
    private const int HeaderLength = 16;
    private const int LinkHeaderLength = 16;
    private const int AttributeHeaderLength = 4;

    /// <summary>struct nlmsghdr, struct ifinfomsg, IFLA_IFNAME.</summary>
    internal static byte[] GetLinkByName(string name, uint sequence)
    {
        var text = Encoding.UTF8.GetBytes(name + '\0');
        var length = HeaderLength + LinkHeaderLength + Align(AttributeHeaderLength + text.Length);
        var request = new byte[length];
        MemoryMarshal.Write(request, new nlmsghdr
        {
            nlmsg_len = (uint)length,
            nlmsg_type = RTM_GETLINK,
            nlmsg_flags = NLM_F_REQUEST,
            nlmsg_seq = sequence,
        });
        var attribute = request.AsSpan(HeaderLength + LinkHeaderLength);
        MemoryMarshal.Write(attribute, new rtattr { rta_len = (ushort)(AttributeHeaderLength + text.Length), rta_type = IFLA_IFNAME });
        text.CopyTo(attribute[AttributeHeaderLength..]);
        return request;
    }

    /// <summary>struct nlmsghdr, struct ifinfomsg: a dump of every link, which NLMSG_DONE ends.</summary>
    internal static byte[] GetLinks(uint sequence)
    {
        var request = new byte[HeaderLength + LinkHeaderLength];
        MemoryMarshal.Write(request, new nlmsghdr
        {
            nlmsg_len = (uint)request.Length,
            nlmsg_type = RTM_GETLINK,
            nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
            nlmsg_seq = sequence,
        });
        return request;
    }

    /// <summary>Takes the next message off a datagram; false at its end.</summary>
    internal static bool TryTake(scoped ref ReadOnlySpan<byte> datagram, out ushort type, out ReadOnlySpan<byte> payload)
    {
        type = 0;
        payload = default;
        if (datagram.Length < HeaderLength)
            return false;
        var header = MemoryMarshal.Read<nlmsghdr>(datagram);
        if (header.nlmsg_len < HeaderLength || header.nlmsg_len > datagram.Length)
            return false;
        type = header.nlmsg_type;
        payload = datagram[HeaderLength..(int)header.nlmsg_len];
        datagram = datagram[Math.Min(datagram.Length, Align((int)header.nlmsg_len))..];
        return true;
    }

    /// <summary>The errno of an NLMSG_ERROR payload (negative in the message).</summary>
    internal static int Error(ReadOnlySpan<byte> payload) => payload.Length < 4 ? Errno.EINVAL : -MemoryMarshal.Read<int>(payload);

    /// <summary>Reads an RTM_NEWLINK or RTM_DELLINK payload; null when it is too short, nameless, or not about the link itself.</summary>
    internal static LinkInfo? Read(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < LinkHeaderLength)
            return null;
        var header = MemoryMarshal.Read<ifinfomsg>(payload);

        // With family AF_BRIDGE, RTM_DELLINK tells that a port left its bridge (net/bridge/br_netlink.c): the TAP is still there.
        if (header.ifi_family != AF_UNSPEC)
            return null;
        string? name = null, kind = null, qdisc = null;
        ReadOnlySpan<byte> data = default;
        var attributes = payload[LinkHeaderLength..];
        while (TryTakeAttribute(ref attributes, out var type, out var value))
        {
            if (type == IFLA_IFNAME)
                name = Text(value);
            else if (type == IFLA_QDISC)
                qdisc = Text(value);
            else if (type == IFLA_LINKINFO)
                data = ReadLinkInfo(value, out kind);
        }

        return name is null ? null : WithTun(
            new LinkInfo
            {
                Index = header.ifi_index,
                Name = name,
                IsUp = (header.ifi_flags & IFF_UP) != 0,
                HasCarrier = (header.ifi_flags & IFF_LOWER_UP) != 0,
                Kind = kind,
                Qdisc = qdisc,
                IsTapMode = false,
                HasVnetHeader = false,
                IsMultiQueue = false,
            },
            data);
    }

    private static ReadOnlySpan<byte> ReadLinkInfo(ReadOnlySpan<byte> nested, out string? kind)
    {
        kind = null;
        ReadOnlySpan<byte> data = default;
        while (TryTakeAttribute(ref nested, out var type, out var value))
        {
            if (type == IFLA_INFO_KIND)
                kind = Text(value);
            else if (type == IFLA_INFO_DATA)
                data = value;
        }

        return data;
    }

    private static LinkInfo WithTun(LinkInfo link, ReadOnlySpan<byte> data)
    {
        if (link.Kind != "tun")
            return link;
        while (TryTakeAttribute(ref data, out var type, out var value))
        {
            if (value.IsEmpty)
                continue;
            link = type switch
            {
                IFLA_TUN_TYPE => link with { IsTapMode = value[0] == IFF_TAP },
                IFLA_TUN_VNET_HDR => link with { HasVnetHeader = value[0] != 0 },
                IFLA_TUN_MULTI_QUEUE => link with { IsMultiQueue = value[0] != 0 },
                _ => link,
            };
        }

        return link;
    }

    private static bool TryTakeAttribute(scoped ref ReadOnlySpan<byte> attributes, out ushort type, out ReadOnlySpan<byte> value)
    {
        type = 0;
        value = default;
        if (attributes.Length < AttributeHeaderLength)
            return false;
        var header = MemoryMarshal.Read<rtattr>(attributes);
        if (header.rta_len < AttributeHeaderLength || header.rta_len > attributes.Length)
            return false;
        type = (ushort)(header.rta_type & NLA_TYPE_MASK);
        value = attributes[AttributeHeaderLength..header.rta_len];
        attributes = attributes[Math.Min(attributes.Length, Align(header.rta_len))..];
        return true;
    }

    private static string Text(ReadOnlySpan<byte> value) => Encoding.UTF8.GetString(value.TrimEnd((byte)0));

    private static int Align(int length) => (length + 3) & ~3;
}
