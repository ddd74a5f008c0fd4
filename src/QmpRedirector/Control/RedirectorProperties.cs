using System.Globalization;
using System.Text.Json.Nodes;
using QmpRedirector.Options;
using QmpRedirector.Qmp;

namespace QmpRedirector.Control;

/// <summary>A redirector's properties as QOM shows them, and their change: QEMU's names and types, then ours (qapi/qom.json).</summary>
internal static class RedirectorProperties
{
    /// <summary>Name, QOM type, and whether it can be set while the object exists.</summary>
    public static IReadOnlyList<(string Name, string Type, bool Settable)> Of(string type) =>
        type == RedirectorOptions.FilterMirror ? [.. _all.Where(p => p.Name != "indev")] : _all;

    private static readonly (string Name, string Type, bool Settable)[] _all =
    [
        ("type", "string", false),
        ("netdev", "str", false),
        ("queue", "NetFilterDirection", true),
        ("status", "string", true),
        ("position", "str", false),
        ("insert", "string", false),
        ("indev", "string", false),
        ("outdev", "string", false),
        ("vnet_hdr_support", "bool", false),
        ("enable_when_stopped", "bool", true),
        ("disable_when_running", "bool", true),
        ("ifname", "string", true),
        ("vnet_hdr_len", "string", true),
        ("when_disconnected", "string", true),
        ("backlog", "int", false),
        ("preroll", "string", true),
    ];

    /// <summary>A property's value; an unset string reads as "", as in QEMU.</summary>
    public static JsonNode Get(RedirectorOptions options, string name) => name switch
    {
        "type" => options.Type,
        "netdev" => options.Netdev,
        "queue" => Lower(options.Queue),
        "status" => options.Status ? "on" : "off",
        "position" => "tail",
        "insert" => "behind",
        "indev" => options.Indev ?? "",
        "outdev" => options.Outdev ?? "",
        "vnet_hdr_support" => options.VnetHdrSupport,
        "enable_when_stopped" => options.EnableWhenStopped,
        "disable_when_running" => options.DisableWhenRunning,
        "ifname" => options.Ifname ?? "",
        "vnet_hdr_len" => options.VnetHdrLen?.ToString(CultureInfo.InvariantCulture) ?? "auto",
        "when_disconnected" => Lower(options.WhenDisconnected),
        "backlog" => options.Backlog,
        "preroll" => Lower(options.Preroll),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "not a property"),
    };

    /// <summary>
    /// The properties with one of them changed, checked by the same rules as <c>--object</c>. An empty string unsets <c>ifname</c>.
    /// </summary>
    /// <exception cref="QmpServerError">The value is wrong; QEMU's sentence.</exception>
    public static RedirectorOptions With(RedirectorOptions options, string name, JsonNode? value)
    {
        var description = new JsonObject { ["qom-type"] = options.Type, ["id"] = options.Id };
        foreach (var (property, _, _) in Of(options.Type).Where(p => p.Name != "type"))
        {
            var current = property == name ? value?.DeepClone() : Get(options, property);

            // Left out, a property gets its default: to set another one than ifname to "" is wrong, as in QEMU, and no way to that.
            var maybeUnset = property != name || property == "ifname";
            if (!maybeUnset || current is not JsonValue text || !text.TryGetValue(out string? unset) || unset.Length > 0)
                description[property] = current;
        }

        return Description.ReadObject(description);
    }

    private static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
