using QmpRedirector.Net;
using QmpRedirector.Qmp;

namespace QmpRedirector.Options;

/// <summary>
/// Reads ADDR, something to connect to: <c>unix:PATH</c>, <c>tcp:HOST:PORT</c>, <c>fd:N</c> or a bare path. In <c>unix:</c> and
/// <c>tcp:</c> a comma of the path is doubled, as in QEMU's options; a bare path is taken as it stands.
/// </summary>
internal static class AddressText
{
    /// <summary>
    /// QEMU's own <c>-qmp</c> argument works unchanged: <c>,server=on,wait=off</c> says what QEMU does with the socket, and is left out.
    /// </summary>
    /// <returns>Null, and a sentence, when it is no address.</returns>
    public static QmpAddress? Qmp(string text, out string sentence) => Parse(text, qemuListens: true, out sentence);

    /// <summary>Where a stream of frames is.</summary>
    /// <returns>Null, and a sentence, when it is no address.</returns>
    public static ChardevAddress? Stream(string text, out string sentence) =>
        Parse(text, qemuListens: false, out sentence) is { } address ? OfStream(address) : null;

    /// <summary>The same place as a chardev's address.</summary>
    public static ChardevAddress OfStream(QmpAddress address) => address.Kind switch
    {
        QmpAddressKind.Unix => new ChardevAddress.Unix(address.Path!),
        QmpAddressKind.Tcp => new ChardevAddress.Inet(address.Host!, address.Port),
        _ => new ChardevAddress.Fd(address.Fd),
    };

    /// <summary>Does it start with the name of an address kind? If not, it is a path.</summary>
    public static bool IsAddress(string text) =>
        text.StartsWith("unix:", StringComparison.Ordinal) || text.StartsWith("tcp:", StringComparison.Ordinal) ||
        text.StartsWith("fd:", StringComparison.Ordinal);

    private static QmpAddress? Parse(string text, bool qemuListens, out string sentence)
    {
        sentence = "";
        string? plain = IsAddress(text) ? Plain(QemuOptsText.Parse(text, "address"), qemuListens, out sentence) : text;
        if (plain is null)
            return null;
        if (!QmpAddress.TryParse(plain, out QmpAddress? address, out string? wrong))
            sentence = wrong.TrimEnd('.');
        return address;
    }

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
}
