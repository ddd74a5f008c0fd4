using System.Text.Json;
using System.Text.Json.Nodes;

namespace QmpRedirector.Qmp;

/// <summary>
/// The arguments of one command, read one by one by name with QEMU's sentences (qapi/qobject-input-visitor.c) for what is wrong with
/// them. Every method throws a <see cref="QmpServerError"/> of class GenericError for that.
/// </summary>
public sealed class QmpArguments
{
    private readonly JsonObject _members;
    private readonly string _prefix;
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);
    private readonly List<QmpArguments> _nested = [];

    /// <summary>Reads the members of an object; it is not changed.</summary>
    public QmpArguments(JsonObject members) : this(members, "")
    {
    }

    private QmpArguments(JsonObject members, string prefix)
    {
        _members = members;
        _prefix = prefix;
    }

    /// <summary>Whether the argument was given, without reading it.</summary>
    public bool Has(string name) => _members.ContainsKey(name);

    /// <summary>A string that must be there.</summary>
    public string GetString(string name) => AsString(Required(name), name);

    /// <summary>A string, or null when it was not given.</summary>
    public string? GetOptionalString(string name) => Given(name, out var value) ? AsString(value, name) : null;

    /// <summary>A boolean that must be there.</summary>
    public bool GetBool(string name) => AsBool(Required(name), name);

    /// <summary>A boolean, or null when it was not given.</summary>
    public bool? GetOptionalBool(string name) => Given(name, out var value) ? AsBool(value, name) : null;

    /// <summary>An integer that must be there. As in QEMU, a number with a fraction or an exponent is none.</summary>
    public long GetInteger(string name) => AsInteger(Required(name), name);

    /// <summary>An integer, or null when it was not given.</summary>
    public long? GetOptionalInteger(string name) => Given(name, out var value) ? AsInteger(value, name) : null;

    /// <summary>A value of any type that must be there; null is JSON's null.</summary>
    public JsonNode? GetAny(string name) => Required(name);

    /// <summary>An object that must be there; its members are named <c>NAME.MEMBER</c> in errors, and <see cref="Done"/> covers
    /// them.</summary>
    public QmpArguments GetObject(string name) => AsObject(Required(name), name);

    /// <summary>An object, or null when it was not given.</summary>
    public QmpArguments? GetOptionalObject(string name) => Given(name, out var value) ? AsObject(value, name) : null;

    /// <summary>An array of strings, or null when it was not given.</summary>
    public IReadOnlyList<string>? GetOptionalStrings(string name) => Given(name, out var value)
        ? [.. (value as JsonArray ?? throw Wrong(name, "array")).Select((element, i) => AsString(element, $"{name}[{i}]"))]
        : null;

    /// <summary>Takes all members not read so far, for commands whose arguments depend on one another; copies, free to be moved.</summary>
    public JsonObject GetRest()
    {
        var rest = new JsonObject();
        foreach (var (name, value) in _members)
        {
            if (_read.Add(name))
                rest.Add(name, value?.DeepClone());
        }
        return rest;
    }

    /// <summary>Ends the reading: a member nobody has read is an error.</summary>
    public void Done()
    {
        foreach (var nested in _nested)
            nested.Done();
        foreach (var (name, _) in _members)
        {
            if (!_read.Contains(name))
                throw new QmpServerError($"Parameter '{_prefix}{name}' is unexpected");
        }
    }

    private bool Given(string name, out JsonNode? value)
    {
        _read.Add(name);
        return _members.TryGetPropertyValue(name, out value);
    }

    private JsonNode? Required(string name) =>
        Given(name, out var value) ? value : throw new QmpServerError($"Parameter '{_prefix}{name}' is missing");

    private string AsString(JsonNode? value, string name) =>
        value?.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : throw Wrong(name, "string");

    private bool AsBool(JsonNode? value, string name) => value?.GetValueKind() switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(name, "boolean"),
    };

    private long AsInteger(JsonNode? value, string name) =>
        value is JsonValue number && number.TryGetValue(out long integer) ? integer : throw Wrong(name, "integer");

    private QmpArguments AsObject(JsonNode? value, string name)
    {
        var nested = new QmpArguments(value as JsonObject ?? throw Wrong(name, "object"), $"{_prefix}{name}.");
        _nested.Add(nested);
        return nested;
    }

    private QmpServerError Wrong(string name, string expected) =>
        new($"Invalid parameter type for '{_prefix}{name}', expected: {expected}");
}
