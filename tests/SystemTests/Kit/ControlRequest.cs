using System.Text.Json.Nodes;

namespace QmpRedirector.SystemTests.Kit;

/// <summary>Arguments of the commands that make something while the sidecar runs.</summary>
internal static class ControlRequest
{
    /// <summary>Of <c>chardev-add</c>: a Unix listener.</summary>
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

    /// <summary>Of <c>object-add</c>.</summary>
    public static JsonObject Redirector(string id, string outdev) => new()
    {
        ["qom-type"] = "filter-redirector",
        ["id"] = id,
        ["netdev"] = "net0",
        ["queue"] = "tx",
        ["outdev"] = outdev,
        ["vnet_hdr_len"] = "0",
    };

    /// <summary>Of <c>object-del</c> and <c>chardev-remove</c>.</summary>
    public static JsonObject Id(string id) => new() { ["id"] = id };
}
