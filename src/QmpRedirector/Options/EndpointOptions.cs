using QmpRedirector.Net;

namespace QmpRedirector.Options;

/// <summary>An address to connect to: <c>unix:PATH</c>, <c>tcp:HOST:PORT</c>, <c>fd:N</c> or a bare path.</summary>
/// <param name="Text">As given.</param>
/// <param name="Address">What it means.</param>
internal sealed record EndpointOptions(string Text, ChardevAddress Address)
{
    /// <summary>
    /// QEMU's own <c>-qmp</c> argument works unchanged: <c>,server=on,wait=off</c> says what QEMU does with the socket, and is left out.
    /// In <c>unix:</c> and <c>tcp:</c> a comma of the path is therefore doubled, as in QEMU; a bare path is taken as it stands.
    /// </summary>
    /// <param name="text">The address.</param>
    /// <param name="qemuListens">It is QEMU that has this socket, so its part is understood.</param>
    /// <param name="sentence">Why it is none of these.</param>
    /// <returns>Null when it is none of these.</returns>
    public static EndpointOptions? Parse(string text, bool qemuListens, out string sentence)
    {
        sentence = "";
        ChardevAddress? address = null;
        if (!IsAddress(text))
            address = SocketAddressText.Unix(text, false, true, out sentence);
        else if (QemuOptsText.Parse(text, "address") is var entries && Plain(entries, qemuListens, out sentence) is string plain)
            address = Prefixed(plain, out sentence);
        return address is null ? null : new EndpointOptions(text, address);
    }

    /// <summary>Does it start with the name of an address kind? If not, it is a path.</summary>
    public static bool IsAddress(string text) =>
        text.StartsWith("unix:", StringComparison.Ordinal) || text.StartsWith("tcp:", StringComparison.Ordinal) ||
        text.StartsWith("fd:", StringComparison.Ordinal);

    private static string? Plain(List<OptionEntry> entries, bool qemuListens, out string sentence)
    {
        // A path may hold '=': then there is no implied key, and the first key and its value are the address.
        OptionEntry first = entries[0];
        string address = first.Key == "address" ? first.Value.Text : $"{first.Key}={first.Value.Text}";
        OptionEntry? wrong = entries.Skip(1).FirstOrDefault(entry => entry.Key switch
        {
            "server" => !qemuListens || entry.Value.Text is not ("on" or "yes" or "true" or "y"),
            "wait" => !qemuListens,
            _ => true,
        });
        sentence = wrong is null ? "" : $"',{wrong.Key}={wrong.Value.Text}' is no part of an address to connect to";
        return wrong is null ? address : null;
    }

    private static ChardevAddress? Prefixed(string text, out string sentence)
    {
        string rest = text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..];
        if (text.StartsWith("unix:", StringComparison.Ordinal))
            return SocketAddressText.Unix(rest, false, true, out sentence);
        if (text.StartsWith("fd:", StringComparison.Ordinal))
            return SocketAddressText.Fd(rest, out sentence);

        int colon = rest.LastIndexOf(':');
        string host = colon < 0 ? rest : rest[..colon];
        if (host.StartsWith('[') && host.EndsWith(']'))
            host = host[1..^1];
        if (colon <= 0 || host.Length == 0)
        {
            sentence = $"'{text}' is not an address: tcp:HOST:PORT has a host and a port";
            return null;
        }

        return SocketAddressText.Port(rest[(colon + 1)..], out sentence) is int port ? new ChardevAddress.Inet(host, port) : null;
    }
}
