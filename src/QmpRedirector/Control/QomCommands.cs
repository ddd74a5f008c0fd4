using System.Text.Json.Nodes;
using QmpRedirector.Net.Interop;
using QmpRedirector.Qmp;
using QmpRedirector.Redirectors;

namespace QmpRedirector.Control;

/// <summary><c>qom-list</c>, <c>qom-get</c> and <c>qom-set</c> over <c>/objects</c>. As in QEMU, a bare id is a path too.</summary>
internal sealed class QomCommands(RedirectorTable table)
{
    private const string Container = "/objects";
    private const string PartialContainer = "objects";

    // A property is changed from what it is: two changes at once must not lose one.
    private readonly Lock _changing = new();

    public void AddTo(QmpCommandTable commands)
    {
        commands.Add("qom-list", (a, _) => ValueTask.FromResult<JsonNode?>(List(a)), members: [new("path")]);
        commands.Add("qom-get", (a, _) => ValueTask.FromResult<JsonNode?>(Get(a)), members: [new("path"), new("property")]);
        commands.Add("qom-set", (a, _) => ValueTask.FromResult(Set(a)), members: [new("path"), new("property"), new("value", "any")]);
    }

    private JsonArray List(QmpArguments arguments)
    {
        var path = arguments.GetString("path");
        arguments.Done();
        return path.TrimEnd('/') switch
        {
            "" => new JsonArray(Property("objects", "child<container>")),
            Container or PartialContainer => new JsonArray([.. table.Redirectors.Select(r => Property(r.Id, $"child<{r.Options.Type}>"))]),
            _ => new JsonArray([.. RedirectorProperties.Of(Find(path).Options.Type).Select(p => Property(p.Name, p.Type))]),
        };
    }

    private JsonNode Get(QmpArguments arguments)
    {
        var redirector = Find(arguments.GetString("path"));
        var name = arguments.GetString("property");
        arguments.Done();
        Check(redirector, name);
        return RedirectorProperties.Get(redirector.Options, name);
    }

    private JsonNode? Set(QmpArguments arguments)
    {
        var redirector = Find(arguments.GetString("path"));
        var name = arguments.GetString("property");
        var value = arguments.GetAny("value");
        arguments.Done();
        lock (_changing)
        {
            if (!Check(redirector, name))
            {
                throw new QmpServerError(
                    $"Property '{redirector.Options.Type}.{name}' cannot be changed while the object exists: object-del and object-add it");
            }

            var changed = RedirectorProperties.With(redirector.Options, name, value);
            try
            {
                redirector.Change(changed);
            }
            catch (LinuxException e)
            {
                throw new QmpServerError(e.Message);
            }
        }

        // A length or TAP that is to be found again is looked for now, not at the next second.
        table.WakeNetdevs();
        return null;
    }

    /// <summary>True when the property can be set; there is none such: an error.</summary>
    private static bool Check(Redirector redirector, string name)
    {
        foreach (var property in RedirectorProperties.Of(redirector.Options.Type))
        {
            if (property.Name == name)
                return property.Settable;
        }

        throw new QmpServerError($"Property '{redirector.Options.Type}.{name}' not found");
    }

    private Redirector Find(string path)
    {
        // As in QEMU, a path may begin within the tree, and a slash at its end says nothing (qom/object.c, object_resolve_path).
        var trimmed = path.TrimEnd('/');
        var slash = trimmed.LastIndexOf('/');
        var id = slash < 0 || trimmed[..slash] is Container or PartialContainer ? trimmed[(slash + 1)..] : trimmed;
        return table.Find(id)?.Redirector ?? throw new QmpServerError(QmpErrorClass.DeviceNotFound, $"Device '{path}' not found");
    }

    private static JsonObject Property(string name, string type) => new() { ["name"] = name, ["type"] = type };
}
