using System.Text.Json.Nodes;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.Control;

/// <summary>A sidecar with a control socket, and what is asked of it.</summary>
internal static class ControlKit
{
    /// <summary>Redirectors of these ids, the chardev of f0 being m0, each with its peer.</summary>
    public static Task<(Sidecar Sidecar, Dictionary<string, ChardevPeer> Peers)> StartAsync(Lab lab, params string[] ids) =>
        StartWithAsync(lab, "", ids);

    /// <param name="lab">Where.</param>
    /// <param name="properties">More of each, beginning with a comma.</param>
    /// <param name="ids">Of the redirectors.</param>
    public static async Task<(Sidecar Sidecar, Dictionary<string, ChardevPeer> Peers)> StartWithAsync(
        Lab lab, string properties, params string[] ids)
    {
        var sidecar = lab.Run([
            "--control", lab.PathOf("control"),
            .. ids.SelectMany(id => (string[])[
                "--chardev", lab.ServerChardev($"m{id[1..]}", "wait=on"), "--object", Capture.Redirector(id, $"m{id[1..]}", properties)])]);
        var peers = new Dictionary<string, ChardevPeer>();
        foreach (var id in ids)
            peers[id] = await lab.ConnectPeerAsync($"m{id[1..]}");
        await sidecar.ReadyAsync();
        return (sidecar, peers);
    }

    public static Task<QmpProbe> ControlAsync(Lab lab) => QmpProbe.ConnectAsync(lab.PathOf("control"));

    public static async Task<string> OutputOfAsync(Lab lab, params string[] arguments)
    {
        var status = lab.Start(arguments);
        Assert.That(await status.WaitForExitAsync(), Is.Zero, status.Error);
        return status.Output;
    }

    public static Task<JsonNode?> SetAsync(QmpProbe control, string id, string property, JsonNode value) =>
        control.ExecuteAsync("qom-set", new JsonObject { ["path"] = $"/objects/{id}", ["property"] = property, ["value"] = value });

    public static Task<JsonNode?> GetAsync(QmpProbe control, string id, string property) =>
        control.ExecuteAsync("qom-get", new JsonObject { ["path"] = $"/objects/{id}", ["property"] = property });

    public static JsonObject Path(string path) => new() { ["path"] = path };

    public static JsonObject Server(string id, string path) => new()
    {
        ["id"] = id,
        ["backend"] = new JsonObject
        {
            ["type"] = "socket",
            ["data"] = new JsonObject
            {
                ["addr"] = new JsonObject { ["type"] = "unix", ["data"] = new JsonObject { ["path"] = path } },
                ["server"] = true,
                ["wait"] = false,
            },
        },
    };

    public static JsonObject Redirector(string id, string outdev) => new()
    {
        ["qom-type"] = "filter-redirector",
        ["id"] = id,
        ["netdev"] = "net0",
        ["queue"] = "tx",
        ["outdev"] = outdev,
        ["vnet_hdr_len"] = "0",
    };
}
