using System.Buffers.Binary;
using System.Text;

namespace QmpRedirector.Net;

/// <summary>IPv6 (RFC 8200) and the extension headers a host meets.</summary>
internal static class Ip6Summary
{
    private const int HeaderSize = 40;
    private const byte HopByHop = 0;
    private const byte Routing = 43;
    private const byte Fragment = 44;
    private const byte NoNextHeader = 59;
    private const byte DestinationOptions = 60;

    public static void Append(StringBuilder text, ReadOnlySpan<byte> data, bool verify)
    {
        if (data.Length < HeaderSize)
        {
            text.Append("[|ip6]");
            return;
        }

        text.Append("IP6 ");
        if (data[0] >> 4 != 6)
        {
            text.Append($"version error: {data[0] >> 4} != 6");
            return;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(data[4..]);
        var payload = data[HeaderSize..];
        if (length > payload.Length)
            text.Append($"truncated-ip6 - {length - payload.Length} bytes missing! ");
        else
            payload = payload[..length];
        AppendHeaders(text, new IpPacket
        {
            Source = data.Slice(8, 16),
            Destination = data.Slice(24, 16),
            Protocol = data[6],
            Payload = payload,
            Length = length,
            Verify = verify,
        });
    }

    private static void AppendHeaders(StringBuilder text, IpPacket packet)
    {
        while (packet.Protocol is HopByHop or Routing or Fragment or DestinationOptions)
        {
            if (!packet.EndpointsWritten)
            {
                packet.AppendEndpoints(text);
                packet = packet with { EndpointsWritten = true };
            }

            if (packet.Payload.Length < 8)
            {
                text.Append("[|ip6ext]");
                return;
            }

            // The second byte counts the 8-byte units after the first; in a fragment header it is reserved.
            var size = packet.Protocol == Fragment ? 8 : (packet.Payload[1] + 1) * 8;
            if (packet.Protocol == Fragment)
            {
                int fragment = BinaryPrimitives.ReadUInt16BigEndian(packet.Payload[2..]);
                text.Append($"frag ({fragment & ~7}|{packet.Length - size})");
                if ((fragment & ~7) != 0)
                    return;
                text.Append(' ');
                packet = packet with { IsFragment = packet.IsFragment || (fragment & 1) != 0 };
            }
            else
            {
                text.Append(packet.Protocol switch { HopByHop => "HBH ", Routing => "RT6 ", _ => "DSTOPT " });
            }

            if (size > packet.Payload.Length)
            {
                text.Append("[|ip6ext]");
                return;
            }

            packet = packet with { Protocol = packet.Payload[0], Payload = packet.Payload[size..], Length = packet.Length - size };
        }

        if (packet.Protocol == NoNextHeader)
            packet.AppendEndpoints(text).Append("no next header");
        else
            TransportSummary.Append(text, packet);
    }
}
