using System.Text;
using System.Text.Json;

namespace QmpRedirector.Options;

/// <summary>Reads one <c>--object</c>, in QEMU's grammar or as JSON, and checks what can be known without its chardevs.</summary>
internal static class ObjectParser
{
    /// <param name="text">The argument.</param>
    /// <param name="option">How it was introduced: <c>--object</c>.</param>
    /// <param name="report">Takes every error.</param>
    public static DeclaredObject Parse(string text, string option, OptionReport report)
    {
        if (text.StartsWith('{'))
        {
            string at = OptionOrigin.Of(option, null, null, text);
            using JsonDocument? document = QemuJson.Parse(text, out string sentence);
            if (document is not null)
                return Parse(document.RootElement, (type, id) => OptionOrigin.Of(option, type, id, text), report);
            report.Error(at, sentence);
            return new DeclaredObject(at, null, null, null, null, null);
        }

        return Parse(QemuOptsText.Parse(text, "qom-type"), OptionForm.Text, (type, id) => OptionOrigin.Of(option, type, id, text), report);
    }

    public static DeclaredObject Parse(JsonElement root, Func<string?, string?, string> origin, OptionReport report)
    {
        List<OptionEntry> entries =
            [.. root.EnumerateObject().Select(static member => new OptionEntry(member.Name, member.Name, QemuJson.Value(member.Value)))];
        return Parse(entries, OptionForm.Json, origin, report);
    }

    private static DeclaredObject Parse(
        List<OptionEntry> entries,
        OptionForm form,
        Func<string?, string?, string> origin,
        OptionReport report)
    {
        string? type = entries.LastOrDefault(static entry => entry.Key == "qom-type" && IsString(entry))?.Value.Text;
        string? id = entries.FirstOrDefault(static entry => entry.Key == "id" && IsString(entry))?.Value.Text;
        OptionBag bag = new(origin(type, id), form, entries);
        if (type is not (null or RedirectorOptions.FilterRedirector or RedirectorOptions.FilterMirror))
        {
            // Its other keys belong to a type we do not have: there is nothing to check them against.
            report.Error(bag.Origin, ObjectSchema.ForeignTypes.Contains(type)
                ? $"object type '{type}' is not supported here: only 'filter-redirector' and 'filter-mirror' are"
                : QemuSentences.NotAccepted("qom-type", type));
            return new DeclaredObject(bag.Origin, null, null, null, null, null);
        }

        int before = report.Errors.Count;
        OptionSchema schema = type == RedirectorOptions.FilterMirror ? ObjectSchema.FilterMirror : ObjectSchema.FilterRedirector;
        OptionReader reader = new(schema, report);
        reader.Add(bag);
        reader.RequireKeys(bag);
        CheckMeaning(reader, bag.Origin, type, report);
        RedirectorOptions? value = report.Errors.Count == before ? Build(reader) : null;
        return new DeclaredObject(bag.Origin, reader.String("id"), type, reader.String("indev"), reader.String("outdev"), value);
    }

    private static bool IsString(OptionEntry entry) => entry.Value.Kind is OptionValueKind.Text or OptionValueKind.JsonString;

    private static void CheckMeaning(OptionReader reader, string origin, string? type, OptionReport report)
    {
        if (reader.String("netdev") is "")
            report.Error(origin, QemuSentences.NoNetdev);
        if (type == RedirectorOptions.FilterRedirector && !reader.Has("indev") && !reader.Has("outdev"))
            report.Error(origin, QemuSentences.NeedsDevice);
        if (reader.String("indev") is string indev && indev == reader.String("outdev"))
            report.Error(origin, QemuSentences.SameDevices);

        // RFC v1's name for where frames are captured; gone in v3, where the role follows from indev and outdev.
        if (reader.String("in_netdev") is string captured && reader.String("netdev") is string netdev && captured != netdev)
            report.Error(origin, OurSentences.OtherInNetdev(captured, netdev));

        string position = reader.String("position") ?? "tail";
        if (position is not ("head" or "tail") && !position.StartsWith("id=", StringComparison.Ordinal))
            report.Error(origin, QemuSentences.BadPosition);
        else if (position != "tail")
            report.Error(origin, OurSentences.NoChain($"position={position}"));
        if (reader.String("insert") is "before")
            report.Error(origin, OurSentences.NoChain("insert=before"));

        if (reader.String("ifname") is string ifname && !IsInterfaceName(ifname))
            report.Error(origin, "Parameter 'ifname' expects the name of a network interface: 1 to 15 bytes, without '/' or blanks");
        if (reader.Boolean("disable_when_running") == true && reader.Boolean("enable_when_stopped") != true)
            report.Warning(origin, "disable_when_running=on without enable_when_stopped=on: it will never capture anything");
    }

    // The kernel's dev_valid_name() (net/core/dev.c), with IFNAMSIZ 16.
    private static bool IsInterfaceName(string name) =>
        name is not ("" or "." or "..") && Encoding.UTF8.GetByteCount(name) < 16 &&
        !name.Any(static c => c is '/' or ':' or '\0' || char.IsWhiteSpace(c));

    private static RedirectorOptions Build(OptionReader reader) => new()
    {
        Id = reader.String("id")!,
        Type = reader.String("qom-type")!,
        Netdev = reader.String("netdev")!,
        Queue = reader.String("queue") switch
        {
            "rx" => QueueDirection.Rx,
            "tx" => QueueDirection.Tx,
            _ => QueueDirection.All,
        },
        Status = reader.Boolean("status") ?? true,
        Indev = reader.String("indev"),
        Outdev = reader.String("outdev"),
        VnetHdrSupport = reader.Boolean("vnet_hdr_support") ?? false,
        EnableWhenStopped = reader.Boolean("enable_when_stopped") ?? false,
        DisableWhenRunning = reader.Boolean("disable_when_running") ?? false,
        Ifname = reader.String("ifname"),
        VnetHdrLen = reader.String("vnet_hdr_len") is null or "auto" ? null : (int?)reader.Number("vnet_hdr_len"),
        WhenDisconnected = reader.String("when_disconnected") is "hold" ? DisconnectedPolicy.Hold : DisconnectedPolicy.Discard,
        Backlog = reader.Number("backlog") ?? RedirectorOptions.DefaultBacklog,
    };
}
