using System.Net;
using System.Text;

namespace QmpRedirector.Net;

/// <summary>Addresses as tcpdump writes them.</summary>
internal static class AddressText
{
    /// <summary>An IPv4 (4 bytes) or IPv6 (16 bytes) address, the latter as RFC 5952 has it.</summary>
    public static StringBuilder AppendIp(StringBuilder text, ReadOnlySpan<byte> address)
    {
        Span<char> chars = stackalloc char[64];
        _ = new IPAddress(address).TryFormat(chars, out var written);
        return text.Append(chars[..written]);
    }

    /// <summary>Bytes in hexadecimal with colons between them.</summary>
    public static StringBuilder AppendHardware(StringBuilder text, ReadOnlySpan<byte> address)
    {
        for (var i = 0; i < address.Length; i++)
            text.Append(i == 0 ? "" : ":").Append($"{address[i]:x2}");
        return text;
    }
}
