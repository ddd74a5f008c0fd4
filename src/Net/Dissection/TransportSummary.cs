using System.Text;

namespace QmpRedirector.Net;

/// <summary>What an IP packet carries, by its protocol number (IANA).</summary>
internal static class TransportSummary
{
    private const byte Icmp = 1;
    private const byte Tcp = 6;
    private const byte Udp = 17;
    private const byte Icmp6 = 58;

    public static void Append(StringBuilder text, in IpPacket packet)
    {
        switch (packet.Protocol)
        {
            case Icmp when packet.Source.Length == 4:
                IcmpSummary.Append(text, packet);
                break;
            case Tcp:
                TcpSummary.Append(text, packet);
                break;
            case Udp:
                UdpSummary.Append(text, packet);
                break;
            case Icmp6 when packet.Source.Length == 16:
                Icmp6Summary.Append(text, packet);
                break;
            default:
                packet.AppendEndpoints(text).Append($"ip-proto-{packet.Protocol} {packet.Length}");
                break;
        }
    }
}
