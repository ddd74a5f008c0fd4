using System.Text.Json;
using QmpRedirector.Net;

namespace QmpRedirector.Options;

/// <summary>
/// Reads one <c>--chardev</c>, in QEMU's grammar or as JSON, as QEMU's qemu_chr_parse_socket() and qmp_chardev_validate_socket() do.
/// </summary>
internal sealed class ChardevParser
{
    private readonly OptionBag _bag;
    private readonly OptionReader _reader;
    private readonly OptionReport _report;
    private readonly bool _isJson;

    private ChardevParser(OptionBag bag, OptionReport report)
    {
        _bag = bag;
        _report = report;
        _isJson = bag.Form == OptionForm.Json;
        _reader = new OptionReader(ChardevSchema.All, report);
        _reader.Add(bag);
    }

    /// <param name="text">The argument.</param>
    /// <param name="option">How it was introduced: <c>--chardev</c>.</param>
    /// <param name="report">Takes every error.</param>
    /// <param name="unnamed">The id of a chardev that needs none.</param>
    public static DeclaredChardev Parse(string text, string option, OptionReport report, string? unnamed = null)
    {
        if (text.StartsWith('{'))
        {
            string at = OptionOrigin.Of(option, null, null, text);
            using JsonDocument? document = QemuJson.Parse(text, out string sentence);
            if (document is not null)
                return Parse(document.RootElement, OriginOf(document.RootElement, option, text), report);
            report.Error(at, sentence);
            return new DeclaredChardev(at, null, null);
        }

        List<OptionEntry> entries = QemuOptsText.Parse(text, "backend");
        string origin = OptionOrigin.Of(option, Last(entries, "backend"), Last(entries, "id"), text);
        if (unnamed is not null && Last(entries, "id") is null)
            entries.Add(OptionEntry.FromText("id", unnamed));
        return Build(new OptionBag(origin, OptionForm.Text, entries), report);
    }

    public static DeclaredChardev Parse(JsonElement root, string origin, OptionReport report)
    {
        int before = report.Errors.Count;
        OptionBag bag = ChardevJson.Flatten(root, origin, report);
        return Build(bag, report, before);
    }

    private static DeclaredChardev Build(OptionBag bag, OptionReport report, int? errorsBefore = null)
    {
        int before = errorsBefore ?? report.Errors.Count;
        ChardevParser parser = new(bag, report);
        ChardevOptions? chardev = parser.Build();
        return new DeclaredChardev(bag.Origin, parser._reader.String("id"), report.Errors.Count == before ? chardev : null);
    }

    private ChardevOptions? Build()
    {
        CheckHead();
        // In QAPI a chardev is a server that does not wait unless told; on QEMU's command line it is a client, and a server waits.
        bool server = _reader.Boolean("server") ?? _isJson;
        bool serverIsKnown = !_reader.Has("server") || _reader.Boolean("server") is not null;
        if (serverIsKnown && !server && _reader.Has("wait"))
            Error(QemuSentences.WaitOfClient);
        if (serverIsKnown && server && (_reader.Has("reconnect") || _reader.Has("reconnect-ms")))
            Error(QemuSentences.ReconnectOfServer);
        if (_reader.Has("reconnect") && _reader.Has("reconnect-ms"))
            Error(QemuSentences.TwoReconnects);
        if (_reader.Has("delay") && _reader.Has("nodelay"))
            Error(QemuSentences.TwoDelays);

        ChardevAddress? address = Address(server);
        if (address is null || _reader.String("id") is not string id)
            return null;
        long milliseconds = _reader.Number("reconnect-ms") ?? _reader.Number("reconnect") * 1000 ?? 0;
        return new ChardevOptions(
            id,
            address,
            server,
            server && (_reader.Boolean("wait") ?? !_isJson),
            milliseconds == 0 ? null : TimeSpan.FromMilliseconds(milliseconds));
    }

    private void CheckHead()
    {
        if (!_isJson && !_reader.Has("id"))
            Error(QemuSentences.NoChardevId);
        if (!_isJson && !_reader.Has("backend") && _reader.String("id") is string id)
            Error(QemuSentences.NoBackend(id));
        if (_reader.String("backend") is not string backend || backend == ChardevSchema.Backend)
            return;
        if (ChardevSchema.ForeignBackends.Contains(backend))
            Error($"chardev backend '{backend}' is not supported here: only 'socket' is");
        else
            Error(_isJson ? QemuSentences.NotAccepted("type", backend) : QemuSentences.BadBackend(backend));
    }

    private ChardevAddress? Address(bool server)
    {
        bool hasPath = _reader.Has("path"), hasFd = _reader.Has("fd"), hasHost = _reader.Has("host"), hasPort = _reader.Has("port");
        if ((hasPath ? 1 : 0) + (hasFd ? 1 : 0) + (hasHost ? 1 : 0) > 1)
            Error(QemuSentences.ManyAddresses);

        string sentence = "";
        ChardevAddress? address = null;
        if (hasPath && _reader.String("path") is string path)
            address = SocketAddressText.Unix(path, _reader.Boolean("abstract") ?? false, _reader.Boolean("tight") ?? true, out sentence);
        else if (hasFd && _reader.String("fd") is string fd)
            address = SocketAddressText.Fd(fd, out sentence);
        else if (!hasPath && !hasFd && (hasHost || hasPort))
            address = Inet(server, out sentence);
        else if (!hasPath && !hasFd && !_isJson && _reader.String("backend") is null or ChardevSchema.Backend)
            sentence = "a socket needs an address: one of 'path', 'port' (with 'host') or 'fd'";
        if (sentence.Length > 0)
            Error(sentence);
        return address;
    }

    private ChardevAddress.Inet? Inet(bool server, out string sentence)
    {
        bool? ipv4 = _reader.Boolean("ipv4"), ipv6 = _reader.Boolean("ipv6");
        if (ipv4 == false && ipv6 == false)
            Error(QemuSentences.NoFamily);
        string host = _reader.String("host") ?? "";
        sentence = "";
        // In JSON both are members that must be there, which ChardevJson has said already.
        bool hostIsReported = _isJson && _reader.String("host") is null;
        if (!_reader.Has("port") && !_isJson)
            sentence = QemuSentences.NoPort;
        else if (!server && host.Length == 0 && !hostIsReported)
            sentence = "a TCP client needs the 'host' to connect to";
        if (sentence.Length > 0 || _reader.String("port") is not string text)
            return null;
        return SocketAddressText.Port(text, out sentence) is int port
            ? new ChardevAddress.Inet(host, port, ipv4, ipv6, (int?)_reader.Number("to"))
            : null;
    }

    private void Error(string sentence) => _report.Error(_bag.Origin, sentence);

    private static string? Last(List<OptionEntry> entries, string key) => entries.LastOrDefault(entry => entry.Key == key)?.Value.Text;

    private static string OriginOf(JsonElement root, string option, string text)
    {
        string? type = root.TryGetProperty("backend", out JsonElement backend) && backend.ValueKind == JsonValueKind.Object
            ? Text(backend, "type")
            : null;
        return OptionOrigin.Of(option, type, Text(root, "id"), text);
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
