using System.Collections.Immutable;
using System.Text.Json;

namespace QmpRedirector.Options;

/// <summary>
/// Flattens the arguments of QMP's chardev-add to the keys of <c>-chardev</c>. A key in the wrong object, an object that is missing or
/// of the wrong type is reported here, since a flat bag cannot tell.
/// </summary>
internal sealed class ChardevJson
{
    private readonly string _origin;
    private readonly OptionReport _report;
    private readonly List<OptionEntry> _entries = [];

    private ChardevJson(string origin, OptionReport report) => (_origin, _report) = (origin, report);

    public static OptionBag Flatten(JsonElement root, string origin, OptionReport report)
    {
        ChardevJson json = new(origin, report);
        json.Root(root);
        return new OptionBag(origin, OptionForm.Json, json._entries);
    }

    private void Root(JsonElement root)
    {
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (property.Name == "id")
                Add("id", "id", property.Value);
            else if (property.Name == "backend")
                Object("backend", property.Value, Backend);
            else
                Unexpected(property.Name);
        }

        Require(root, "id", "id");
        Require(root, "backend", "backend");
    }

    private void Backend(JsonElement backend, string path)
    {
        bool isSocket = !backend.TryGetProperty("type", out JsonElement type) || type.ValueEquals(ChardevSchema.Backend);
        foreach (JsonProperty property in backend.EnumerateObject())
        {
            if (property.Name == "type")
                Add("backend", Join(path, "type"), property.Value);
            else if (property.Name != "data")
                Unexpected(Join(path, property.Name));
            else if (isSocket)
                Object(Join(path, "data"), property.Value, Data);
        }

        Require(backend, "type", Join(path, "type"));
        Require(backend, "data", Join(path, "data"));
    }

    private void Data(JsonElement data, string path)
    {
        foreach (JsonProperty property in data.EnumerateObject())
        {
            string at = Join(path, property.Name);
            if (property.Name == "addr")
                Object(at, property.Value, Address);
            else
                AddKnown(ChardevSchema.Data, property.Name, at, property.Value);
        }

        Require(data, "addr", Join(path, "addr"));
    }

    // SocketAddressLegacy has its members in "data", SocketAddress has them beside "type".
    private void Address(JsonElement address, string path)
    {
        bool isString = address.TryGetProperty("type", out JsonElement found) && found.ValueKind == JsonValueKind.String;
        string? type = isString ? found.GetString() : null;
        if (type is null)
        {
            _report.Error(_origin, found.ValueKind == JsonValueKind.Undefined
                ? QemuSentences.Missing(Join(path, "type"))
                : QemuSentences.WrongType(Join(path, "type"), "string"));
            return;
        }

        if (address.TryGetProperty("data", out JsonElement data))
        {
            foreach (JsonProperty property in address.EnumerateObject().Where(static property => property.Name is not ("type" or "data")))
                Unexpected(Join(path, property.Name));
            Object(Join(path, "data"), data, (members, at) => Members(type, members, at));
        }
        else
        {
            Members(type, address, path);
        }
    }

    private void Members(string type, JsonElement members, string path)
    {
        (ImmutableArray<OptionKey> keys, ImmutableArray<string> required) = type switch
        {
            "unix" => (ChardevSchema.Unix, ["path"]),
            "inet" => (ChardevSchema.Inet, ["host", "port"]),
            "fd" => (ChardevSchema.Fd, ["str"]),
            _ => ((ImmutableArray<OptionKey>)default, (ImmutableArray<string>)default),
        };
        if (keys.IsDefault)
        {
            _report.Error(_origin, type == "vsock" ? OurSentences.Foreign("vsock") : QemuSentences.NotAccepted("type", type));
            return;
        }

        foreach (JsonProperty property in members.EnumerateObject().Where(static property => property.Name != "type"))
            AddKnown(keys, type == "fd" && property.Name == "str" ? "fd" : property.Name, Join(path, property.Name), property.Value);
        foreach (string name in required)
            Require(members, name, Join(path, name));
    }

    private void AddKnown(ImmutableArray<OptionKey> keys, string key, string path, JsonElement value)
    {
        if (keys.Any(known => known.Name == key))
            Add(key, path, value);
        else
            Unexpected(path);
    }

    private void Add(string key, string path, JsonElement value) => _entries.Add(new OptionEntry(key, path, QemuJson.Value(value)));

    private void Object(string path, JsonElement value, Action<JsonElement, string> read)
    {
        if (value.ValueKind == JsonValueKind.Object)
            read(value, path);
        else
            _report.Error(_origin, QemuSentences.WrongType(path, "object"));
    }

    private void Require(JsonElement parent, string name, string path)
    {
        if (!parent.TryGetProperty(name, out _))
            _report.Error(_origin, QemuSentences.Missing(path));
    }

    private void Unexpected(string path) => _report.Error(_origin, QemuSentences.Unexpected(path));

    private static string Join(string path, string name) => $"{path}.{name}";
}
