using System.Buffers.Binary;
using System.Text;

namespace QmpRedirector.Net;

/// <summary>ARP (RFC 826) and RARP (RFC 903) over any hardware, with IPv4 addresses.</summary>
internal static class ArpSummary
{
    // u16 hardware type, u16 protocol type, u8 hardware length, u8 protocol length, u16 operation; then the four addresses.
    private const int FixedSize = 8;
    private const int Ip4Size = 4;

    public static void Append(StringBuilder text, ReadOnlySpan<byte> data)
    {
        if (data.Length < FixedSize || data.Length < FixedSize + 2 * (data[4] + data[5]))
        {
            text.Append("[|arp]");
            return;
        }

        text.Append("ARP, ");
        var protocol = BinaryPrimitives.ReadUInt16BigEndian(data[2..]);
        int hardwareSize = data[4];
        if (protocol != EtherTypes.Ip4 || data[5] != Ip4Size || hardwareSize == 0)
            text.Append($"Unknown Hardware (len {hardwareSize}), Unknown Protocol (0x{protocol:x4}) (len {data[5]})");
        else
            AppendOperation(text, BinaryPrimitives.ReadUInt16BigEndian(data[6..]), data[FixedSize..], hardwareSize);
        text.Append($", length {data.Length}");
    }

    private static void AppendOperation(StringBuilder text, ushort operation, ReadOnlySpan<byte> addresses, int hardwareSize)
    {
        var senderHardware = addresses[..hardwareSize];
        var sender = addresses.Slice(hardwareSize, Ip4Size);
        var targetHardware = addresses.Slice(hardwareSize + Ip4Size, hardwareSize);
        var target = addresses.Slice(2 * hardwareSize + Ip4Size, Ip4Size);
        switch (operation)
        {
            case 1:
                AddressText.AppendIp(text.Append("Request who-has "), target);
                if (targetHardware.ContainsAnyExcept((byte)0))
                    AddressText.AppendHardware(text.Append(" ("), targetHardware).Append(')');
                AddressText.AppendIp(text.Append(" tell "), sender);
                break;
            case 2:
                AddressText.AppendIp(text.Append("Reply "), sender);
                AddressText.AppendHardware(text.Append(" is-at "), senderHardware);
                break;
            case 3:
                AddressText.AppendHardware(text.Append("Reverse Request who-is "), targetHardware);
                AddressText.AppendHardware(text.Append(" tell "), senderHardware);
                break;
            case 4:
                AddressText.AppendHardware(text.Append("Reverse Reply "), targetHardware);
                AddressText.AppendIp(text.Append(" at "), target);
                break;
            default:
                text.Append($"Unknown ({operation})");
                break;
        }
    }
}
