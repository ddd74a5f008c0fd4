using System.Globalization;
using System.Text.Json.Nodes;

namespace QmpRedirector.Qmp;

/// <summary>
/// Describes a table as <c>query-qmp-schema</c> does (qapi/introspect.json): commands, events, the objects that are their arguments or
/// data, and the types these refer to. Return values are of type <c>any</c>.
/// </summary>
internal static class QmpSchema
{
    public static JsonArray Describe(QmpCommandTable table)
    {
        var schema = new List<JsonObject>();
        // Types have numbers for names, as in QEMU, since clients shall look at their members only.
        var objects = new List<JsonObject>();
        var types = new SortedSet<string>(StringComparer.Ordinal) { "any" };
        foreach (var command in table.Commands)
        {
            var entry = Entry(command.Name, "command");
            entry["arg-type"] = AddObject(objects, command.Members, types);
            entry["ret-type"] = "any";
            if (command.AllowOob)
                entry["allow-oob"] = true;
            schema.Add(entry);
        }
        foreach (var (name, members) in table.Events)
        {
            var entry = Entry(name, "event");
            entry["arg-type"] = AddObject(objects, members, types);
            schema.Add(entry);
        }
        return new JsonArray([.. schema, .. objects, .. types.Select(TypeEntry)]);
    }

    private static string AddObject(List<JsonObject> objects, IReadOnlyList<QmpMember> members, SortedSet<string> types)
    {
        var described = new JsonArray();
        foreach (var member in members)
        {
            var entry = new JsonObject { ["name"] = member.Name, ["type"] = member.Type };
            // The presence of a default, always null, is what says that the member may be left out.
            if (member.Optional)
                entry["default"] = null;
            described.Add((JsonNode)entry);
            types.Add(member.Type);
            if (IsArray(member.Type))
                types.Add(ElementOf(member.Type));
        }
        var name = objects.Count.ToString(CultureInfo.InvariantCulture);
        var type = Entry(name, "object");
        type["members"] = described;
        objects.Add(type);
        return name;
    }

    private static JsonObject TypeEntry(string type)
    {
        if (IsArray(type))
        {
            var array = Entry(type, "array");
            array["element-type"] = ElementOf(type);
            return array;
        }
        var entry = Entry(type, "builtin");
        entry["json-type"] = type switch
        {
            "str" => "string",
            "bool" => "boolean",
            "any" => "value",
            _ => type,
        };
        return entry;
    }

    private static JsonObject Entry(string name, string metaType) => new() { ["name"] = name, ["meta-type"] = metaType };

    private static bool IsArray(string type) => type.StartsWith('[');

    private static string ElementOf(string arrayType) => arrayType[1..^1];
}
