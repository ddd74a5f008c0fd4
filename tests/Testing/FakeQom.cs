using System.Text.Json;

namespace QmpRedirector.Testing;

/// <summary>The part of a QOM tree that qom-list and qom-get show, with QEMU 7.2's errors.</summary>
public sealed class FakeQom
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, FakeQomObject> _objects = new(StringComparer.Ordinal);

    /// <summary>Adds an object, for example ("/machine/peripheral/nic0", "virtio-net-pci"), and its parents as containers.</summary>
    public FakeQom AddObject(string path, string type)
    {
        lock (_lock)
        {
            _objects[path] = new FakeQomObject(type, new(StringComparer.Ordinal));
            for (var parent = ParentOf(path); parent.Length > 0; parent = ParentOf(parent))
                _objects.TryAdd(parent, new FakeQomObject("container", new(StringComparer.Ordinal)));
        }
        return this;
    }

    /// <summary>Sets a property of an object added before to this JSON.</summary>
    public FakeQom Set(string path, string property, string json)
    {
        lock (_lock)
            _objects[path].Properties[property] = json;
        return this;
    }

    public void RemoveObject(string path)
    {
        lock (_lock)
        {
            foreach (var gone in _objects.Keys.Where(p => p == path || p.StartsWith(path + "/", StringComparison.Ordinal)).ToArray())
                _objects.Remove(gone);
        }
    }

    internal string Get(JsonElement? arguments)
    {
        var property = arguments!.Value.GetProperty("property").GetString()!;
        lock (_lock)
        {
            var found = Find(arguments.Value);
            return found.Properties.TryGetValue(property, out var json)
                ? json
                : throw new FakeQmpException($"Property '{found.Type}.{property}' not found");
        }
    }

    internal string List(JsonElement? arguments)
    {
        var path = arguments!.Value.GetProperty("path").GetString()!;
        lock (_lock)
        {
            var properties = Find(arguments.Value).Properties.Keys.Select(name => Row(name, "string"));
            var children = _objects.Where(o => ParentOf(o.Key) == path)
                .Select(o => Row(o.Key[(path.Length + 1)..], $"child<{o.Value.Type}>"));
            return $"[{string.Join(", ", properties.Concat(children))}]";
        }
    }

    private static string Row(string name, string type) => $$"""{"name": "{{name}}", "type": "{{type}}"}""";

    private static string ParentOf(string path) => path[..path.LastIndexOf('/')];

    private FakeQomObject Find(JsonElement arguments)
    {
        var path = arguments.GetProperty("path").GetString()!;
        return _objects.TryGetValue(path, out var found)
            ? found
            : throw new FakeQmpException($"Device '{path}' not found", "DeviceNotFound");
    }
}
