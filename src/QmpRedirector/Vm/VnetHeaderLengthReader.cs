using System.Text.Json;
using System.Text.Json.Nodes;
using QmpRedirector.Qmp;

namespace QmpRedirector.Vm;

/// <summary>Asks QEMU how long the virtio-net header of a netdev's frames is: by the features its NIC has negotiated.</summary>
internal static class VnetHeaderLengthReader
{
    // -device with an id, without one, and what the machine makes itself (-nic, -net nic).
    private static readonly string[] Containers = ["/machine/peripheral", "/machine/peripheral-anon", "/machine/unattached"];

    // QEMU queues as many commands of a monitor (monitor/qmp.c, QMP_REQ_QUEUE_LEN_MAX); asked one by one, each waits for its main loop.
    private const int Batch = 8;

    /// <summary>One look. Before the driver has negotiated it is 10, as in QEMU, and not final.</summary>
    /// <exception cref="QmpException">QMP failed, other than by refusing a command.</exception>
    public static async Task<VnetHeaderLength> ReadAsync(QmpClient client, string netdevId, CancellationToken cancellationToken)
    {
        if (await FindNicAsync(client, netdevId, cancellationToken) is not var (path, type))
            return new VnetHeaderLength(null, false, $"QEMU shows no NIC of netdev '{netdevId}'");
        var mac = (await GetAsync(client, path, "mac", cancellationToken))?.Text();
        if (await FindVirtioDeviceAsync(client, path, type, cancellationToken) is not { } device)
            return new VnetHeaderLength(0, true, $"NIC {path} is a {type}: no virtio-net header", mac);
        JsonElement status;
        try
        {
            var arguments = new JsonObject { ["path"] = device };
            status = (await client.ExecuteAsync("x-query-virtio-status", arguments, ct: cancellationToken)).Return;
        }
        catch (QmpCommandException e)
        {
            return new VnetHeaderLength(null, false, $"x-query-virtio-status of NIC {path}: {e.Description}", mac);
        }
        bool? vhost = status.Member("vhost-started").ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => null,
        };
        if (await BackendHasNoHeaderAsync(client, path, status, cancellationToken))
            return new VnetHeaderLength(0, true, $"NIC {path}: its netdev has no virtio-net header", mac, vhost);
        return FromStatus(status, path) with { Mac = mac, VhostStarted = vhost };
    }

    /// <summary>
    /// The rule of virtio-net.c, virtio_net_set_mrg_rx_bufs, on a VirtioStatus of x-query-virtio-status. Without features it gives 10.
    /// </summary>
    public static VnetHeaderLength FromStatus(JsonElement status, string path)
    {
        var final = Words(status, "status", "statuses").Contains("VIRTIO_CONFIG_S_DRIVER_OK");
        var transport = Words(status, "guest-features", "transports");
        var features = Words(status, "guest-features", "dev-features");
        // The longer headers exist only for VERSION_1 devices. The tunnel names are QEMU 10.2's.
        var (bytes, why) = transport.Contains("VIRTIO_F_VERSION_1") switch
        {
            true when features.Contains("VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO") || features.Contains("VIRTIO_NET_F_HOST_UDP_TUNNEL_GSO") =>
                (24, "UDP_TUNNEL_GSO"),
            true when features.Contains("VIRTIO_NET_F_HASH_REPORT") => (20, "HASH_REPORT"),
            true => (12, "VERSION_1"),
            false when features.Contains("VIRTIO_NET_F_MRG_RXBUF") => (12, "MRG_RXBUF"),
            false => (10, final ? "neither VERSION_1 nor MRG_RXBUF" : "nothing yet"),
        };
        return new VnetHeaderLength(bytes, final, $"NIC {path} negotiated {why}");
    }

    private static async Task<(string Path, string Type)?> FindNicAsync(
        QmpClient client, string netdevId, CancellationToken cancellationToken)
    {
        foreach (var container in Containers)
        {
            // Without an id a device is called device[N]; beside such there are the machine's memory regions, interrupts ...
            var devices = (await ListChildrenAsync(client, container, cancellationToken))
                .Where(c => container == Containers[0] || c.Name.StartsWith("device[", StringComparison.Ordinal));
            foreach (var batch in devices.Chunk(Batch))
            {
                var netdevs = await Task.WhenAll(batch.Select(c => GetAsync(client, $"{container}/{c.Name}", "netdev", cancellationToken)));
                var found = Array.FindIndex(netdevs, n => n is { } netdev && netdev.Text() == netdevId);
                if (found >= 0)
                    return ($"{container}/{batch[found].Name}", batch[found].Type);
            }
        }
        return null;
    }

    // On virtio-mmio the NIC is the virtio device itself; behind a transport (-pci, -ccw) the device is the transport's child.
    private static async Task<string?> FindVirtioDeviceAsync(
        QmpClient client, string path, string type, CancellationToken cancellationToken)
    {
        if (type == "virtio-net-device")
            return path;
        var children = await ListChildrenAsync(client, path, cancellationToken);
        return children.Contains(("virtio-backend", "virtio-net-device")) ? $"{path}/virtio-backend" : null;
    }

    // virtio-net withdraws every checksum feature when its netdev has no vnet header (virtio_net_get_features): a TAP with vnet_hdr=off,
    // slirp, a hub. A feature the user left on and the device does not offer shows that.
    private static async Task<bool> BackendHasNoHeaderAsync(
        QmpClient client, string path, JsonElement status, CancellationToken cancellationToken)
    {
        var offered = Words(status, "host-features", "dev-features");
        foreach (var (property, feature) in new[] { ("csum", "VIRTIO_NET_F_CSUM"), ("guest_csum", "VIRTIO_NET_F_GUEST_CSUM") })
        {
            if (await GetAsync(client, path, property, cancellationToken) is { ValueKind: JsonValueKind.True })
                return !offered.Contains(feature);
        }
        return false;
    }

    private static async Task<List<(string Name, string Type)>> ListChildrenAsync(
        QmpClient client, string path, CancellationToken cancellationToken)
    {
        const string ChildMark = "child<";
        var children = new List<(string, string)>();
        try
        {
            var reply = await client.ExecuteAsync("qom-list", new JsonObject { ["path"] = path }, ct: cancellationToken);
            foreach (var property in reply.Return.Items())
            {
                if (property.Member("name").Text() is { } name
                    && property.Member("type").Text() is { } type && type.StartsWith(ChildMark, StringComparison.Ordinal))
                    children.Add((name, type[ChildMark.Length..].TrimEnd('>')));
            }
        }
        catch (QmpCommandException)
        {
            // No such object here, or no QOM at all: nothing to find.
        }
        return children;
    }

    private static async Task<JsonElement?> GetAsync(QmpClient client, string path, string property, CancellationToken cancellationToken)
    {
        try
        {
            var arguments = new JsonObject { ["path"] = path, ["property"] = property };
            return (await client.ExecuteAsync("qom-get", arguments, ct: cancellationToken)).Return;
        }
        catch (QmpCommandException)
        {
            return null; // it has no such property, or was unplugged since it was listed
        }
    }

    // QEMU explains each bit: "VIRTIO_F_VERSION_1: Device compliant for v1 spec (legacy)" (hw/virtio/virtio-qmp.c).
    private static HashSet<string> Words(JsonElement status, string group, string list)
    {
        var words = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in status.Member(group).Member(list).Items())
        {
            if (item.Text() is not { } text)
                continue;
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            words.Add(colon < 0 ? text : text[..colon]);
        }
        return words;
    }
}
