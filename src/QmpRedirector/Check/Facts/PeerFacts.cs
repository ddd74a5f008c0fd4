using System.Text.Json;
using System.Text.Json.Nodes;
using QmpRedirector.Qmp;
using QmpRedirector.Vm;

namespace QmpRedirector.Check.Facts;

/// <summary>The consumer's QEMU: its chardevs, and what reads them.</summary>
internal sealed record PeerFacts(QmpGreeting Greeting, IReadOnlyList<PeerChardev> Chardevs, IReadOnlyList<PeerConsumer> Consumers)
{
    // Empty strings are properties that were not set (qom-get of an unset outdev).
    private static readonly string[] _filterProperties =
        ["netdev", "queue", "status", "position", "insert", "indev", "outdev", "vnet_hdr_support"];

    private static readonly string[] _compareInputs = ["primary_in", "secondary_in"];

    private static readonly string[] _compareProperties = [.. _compareInputs, "outdev", "vnet_hdr_support", "iothread"];

    /// <summary>Before 11.0 an indev is never read again after its first disconnect (net/filter-mirror.c, redirector_chr_event).</summary>
    public bool ReadsOnlyOneConnection => Greeting.Major < 11;

    /// <exception cref="QmpException">QMP failed, other than by refusing a command.</exception>
    public static async Task<PeerFacts> ReadAsync(QmpClient client, CancellationToken cancellationToken)
    {
        var chardevs = (await client.ExecuteAsync("query-chardev", ct: cancellationToken)).Return.Items()
            .Select(static item => new PeerChardev(
                item.Member("label").Text() ?? "",
                item.Member("filename").Text() ?? "",
                item.Member("frontend-open").ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null }))
            .ToList();
        List<PeerConsumer> consumers = [];
        var objects = (await client.ExecuteAsync("qom-list", new JsonObject { ["path"] = "/objects" }, ct: cancellationToken)).Return;
        foreach (var item in objects.Items())
        {
            if (item.Member("name").Text() is not { } id)
                continue;
            if (item.Member("type").Text() == $"child<{PeerConsumer.FilterRedirector}>")
                consumers.AddRange(await ReadFilterAsync(client, id, cancellationToken));
            else if (item.Member("type").Text() == $"child<{PeerConsumer.ColoCompare}>")
                consumers.AddRange(await ReadCompareAsync(client, id, cancellationToken));
        }

        return new PeerFacts(client.Greeting, chardevs, consumers);
    }

    private static async Task<IEnumerable<PeerConsumer>> ReadFilterAsync(QmpClient client, string id, CancellationToken cancellationToken)
    {
        var properties = await GetAsync(client, id, _filterProperties, cancellationToken);
        if (TextOf(properties, "indev") is not { } indev)
            return [];
        var header = TextOf(properties, "netdev") is { } netdev
            ? await VnetHeaderLengthReader.ReadAsync(client, netdev, cancellationToken)
            : null;
        return [new PeerConsumer(id, PeerConsumer.FilterRedirector, indev, properties, header)];
    }

    private static async Task<IEnumerable<PeerConsumer>> ReadCompareAsync(QmpClient client, string id, CancellationToken cancellationToken)
    {
        var properties = await GetAsync(client, id, _compareProperties, cancellationToken);
        return _compareInputs.Select(name => TextOf(properties, name)).OfType<string>()
            .Select(indev => new PeerConsumer(id, PeerConsumer.ColoCompare, indev, properties, null));
    }

    private static async Task<List<(string Name, string Json)>> GetAsync(
        QmpClient client, string id, string[] names, CancellationToken cancellationToken)
    {
        List<(string Name, string Json)> properties = [];
        foreach (var name in names)
        {
            try
            {
                var arguments = new JsonObject { ["path"] = $"/objects/{id}", ["property"] = name };
                var json = (await client.ExecuteAsync("qom-get", arguments, ct: cancellationToken)).Return.GetRawText();
                if (json != "\"\"")
                    properties.Add((name, name == "iothread" ? IdOf(json) : json));
            }
            catch (QmpCommandException)
            {
                // A version without it, or the object was deleted meanwhile.
            }
        }

        return properties;
    }

    // A link reads as its object's path, and is set by its id, which may hold no character that JSON escapes.
    private static string IdOf(string path) => $"\"{path[1..^1].Split('/')[^1]}\"";

    private static string? TextOf(List<(string Name, string Json)> properties, string name) =>
        properties.FirstOrDefault(property => property.Name == name).Json is { } json ? JsonElement.Parse(json).Text() : null;
}
