using System.Text.Json;
using System.Text.Json.Nodes;
using QmpRedirector.Qmp;

namespace QmpRedirector.Status;

/// <summary>The control socket's answers at one moment.</summary>
/// <param name="At">When, in <see cref="TimeProvider.GetTimestamp"/> units.</param>
/// <param name="Version">query-version.</param>
/// <param name="Status">query-status.</param>
/// <param name="Statistics">query-netfilter-stats.</param>
/// <param name="Chardevs">query-chardev.</param>
internal sealed record StatusSample(long At, JsonElement Version, JsonElement Status, JsonElement Statistics, JsonElement Chardevs)
{
    /// <exception cref="QmpException">The sidecar does not answer.</exception>
    public static async Task<StatusSample> TakeAsync(QmpClient client, TimeProvider time, CancellationToken cancellationToken)
    {
        var statistics = (await client.ExecuteAsync("query-netfilter-stats", ct: cancellationToken)).Return;
        var at = time.GetTimestamp();
        var version = (await client.ExecuteAsync("query-version", ct: cancellationToken)).Return;
        var status = (await client.ExecuteAsync("query-status", ct: cancellationToken)).Return;
        var chardevs = (await client.ExecuteAsync("query-chardev", ct: cancellationToken)).Return;
        return new StatusSample(at, version, status, statistics, chardevs);
    }

    /// <summary>All of it in one object, for <c>--json</c>.</summary>
    public JsonObject ToJson() => new()
    {
        ["version"] = JsonNode.Parse(Version.GetRawText()),
        ["status"] = JsonNode.Parse(Status.GetRawText()),
        ["netfilter-stats"] = JsonNode.Parse(Statistics.GetRawText()),
        ["chardevs"] = JsonNode.Parse(Chardevs.GetRawText()),
    };
}
