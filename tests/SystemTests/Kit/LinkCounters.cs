using System.Text.Json;

namespace QmpRedirector.SystemTests.Kit;

/// <summary>
/// A link's own counters. For a TAP "tx" is towards its reader (the guest): taken by it, or dropped because its ring was full.
/// </summary>
internal sealed record LinkCounters(long TxPackets, long TxDropped, long RxPackets)
{
    public static LinkCounters Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        var stats = document.RootElement[0].GetProperty("stats64");
        return new LinkCounters(
            stats.GetProperty("tx").GetProperty("packets").GetInt64(),
            stats.GetProperty("tx").GetProperty("dropped").GetInt64(),
            stats.GetProperty("rx").GetProperty("packets").GetInt64());
    }
}
