using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using QmpRedirector.Qmp;

namespace QmpRedirector.Vm;

/// <summary>
/// Finds the TAP of a netdev by asking QEMU. QEMU names it itself (<c>ifname=</c>) or only the file descriptor it was given
/// (<c>fd=</c>, always so under libvirt) or the helper that opened it; for those two, /proc names the interface.
/// </summary>
internal sealed partial class NetdevResolver(ProcFs proc)
{
    /// <param name="client">A negotiated QMP connection.</param>
    /// <param name="netdevId">The netdev's id.</param>
    /// <param name="qemuPid">QEMU's process in our PID namespace; null when unknown, which is enough only for <c>ifname=</c>.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    /// <exception cref="QmpException">QMP failed, other than by refusing the command.</exception>
    public async Task<NetdevResolution> ResolveAsync(QmpClient client, string netdevId, int? qemuPid, CancellationToken cancellationToken)
    {
        string? text;
        try
        {
            var arguments = new JsonObject { ["command-line"] = "info network" };
            var reply = await client.ExecuteAsync("human-monitor-command", arguments, ct: cancellationToken);
            text = reply.Return.Text();
        }
        catch (QmpCommandException e)
        {
            return NetdevResolution.Unreadable(
                $"QEMU does not tell the TAP of netdev '{netdevId}' ({e.Description}): give ifname=.");
        }
        return text is null
            ? NetdevResolution.Unreadable($"QEMU does not tell the TAP of netdev '{netdevId}' ('info network' gave no text): give ifname=.")
            : Resolve(InfoNetwork.Parse(text), netdevId, qemuPid);
    }

    /// <summary>The same from an answer already parsed.</summary>
    public NetdevResolution Resolve(IReadOnlyList<InfoNetworkClient> clients, string netdevId, int? qemuPid)
    {
        var queues = clients.Where(c => c.Name == netdevId && c.Type != "nic").ToList();
        if (queues.Count == 0)
            return NetdevResolution.NotFound(NotFoundSentence(clients, netdevId));
        var type = queues[0].Type;
        if (type != "tap")
        {
            return NetdevResolution.Refused(
                $"Netdev '{netdevId}' is of type '{type}': its packets never pass a TAP, so there is nothing to capture on.");
        }
        if (qemuPid is { } pid && proc.NetworkNamespace(pid) is { } theirs && proc.NetworkNamespace() is { } ours && theirs != ours)
        {
            return NetdevResolution.Refused(
                $"QEMU (process {pid}) is in another network namespace than this process, which cannot see the TAP of netdev "
                + $"'{netdevId}': start it with 'nsenter --net=/proc/{pid}/ns/net' (or 'ip netns exec NAME'), or give ifname=.");
        }
        try
        {
            return FindTap(clients, queues, netdevId, qemuPid);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            return NetdevResolution.Unreadable(
                $"The file descriptors of QEMU (process {qemuPid}) may not be read, so the TAP of netdev '{netdevId}' stays unknown "
                + $"({e.Message}): run as root, as QEMU's user or with CAP_SYS_PTRACE, or give ifname=.");
        }
    }

    private static string NotFoundSentence(IReadOnlyList<InfoNetworkClient> clients, string netdevId)
    {
        if (clients.Any(c => c.Name == netdevId))
            return $"'{netdevId}' is a NIC, not a netdev: give the netdev's id (-netdev tap,id=...).";
        var known = clients.Where(c => c.Type != "nic").Select(c => $"'{c.Name}'").Distinct().ToList();
        return known.Count == 0
            ? $"QEMU has no netdev '{netdevId}': it has none at all."
            : $"QEMU has no netdev '{netdevId}': it has {string.Join(", ", known)}.";
    }

    // The forms are net/tap.c's (qemu_set_info_str): "ifname=%s,script=%s,downscript=%s", "fd=%d", "helper=%s" and "helper=%s,br=%s".
    private NetdevResolution FindTap(
        IReadOnlyList<InfoNetworkClient> clients, List<InfoNetworkClient> queues, string netdevId, int? qemuPid)
    {
        if (IfNameOf(queues[0]) is { } ifName)
            return NetdevResolution.Found(ifName, queues.Count, "ifname= of info network");
        var form = queues[0].Details;
        var isHelper = form.StartsWith("helper=", StringComparison.Ordinal);
        if (!isHelper && FdOf(queues[0]) is null)
        {
            return NetdevResolution.Unreadable(
                $"The TAP of netdev '{netdevId}' cannot be told from what QEMU says of it ('{form}'): give ifname=.");
        }
        if (qemuPid is not { } pid)
        {
            return NetdevResolution.Unreadable(
                $"The TAP of netdev '{netdevId}' is known only to QEMU ('{form}'), whose process is not visible from here: give ifname=.");
        }
        return isHelper ? FromHelper(clients, queues.Count, netdevId, pid) : FromFds(queues, netdevId, pid);
    }

    private NetdevResolution FromFds(List<InfoNetworkClient> queues, string netdevId, int pid)
    {
        string? found = null;
        foreach (var queue in queues)
        {
            if (FdOf(queue) is not { } fd)
                continue;
            var name = proc.TunInterface(pid, fd);
            if (name is null)
                return NotTun(netdevId, pid, fd);
            if (name.Length == 0)
                return NetdevResolution.NotFound($"The TAP of netdev '{netdevId}' (fd {fd} of QEMU, process {pid}) was deleted.");
            found ??= name;
            if (name != found)
            {
                return NetdevResolution.Unreadable(
                    $"Netdev '{netdevId}' has queues on different TAPs ('{found}' and '{name}'): give ifname= to choose one.");
            }
        }
        return NetdevResolution.Found(found!, queues.Count, $"fd={FdOf(queues[0])} of process {pid}");
    }

    private NetdevResolution NotTun(string netdevId, int pid, int fd) => proc.FdTarget(pid, fd) switch
    {
        null => NetdevResolution.Unreadable(
            $"Netdev '{netdevId}' uses fd {fd} of QEMU (process {pid}), which is not to be found in /proc/{pid}/fd: give ifname=."),
        // A macvtap or ipvtap is opened through a character device of its own, tap%d by ifindex (drivers/net/macvtap.c). Who
        // made the node for one QEMU alone may have removed it since.
        var target when TapCharacterDevice().IsMatch(target) => NetdevResolution.Refused(
            $"Netdev '{netdevId}' is a macvtap or ipvtap ({target}), not a TAP: its packets pass no tap point with a direction; "
            + "use a TAP on a bridge."),
        var target => NetdevResolution.Refused(
            $"Netdev '{netdevId}' uses fd {fd} of QEMU (process {pid}), which is '{target}' and no TAP: there is nothing to capture on."),
    };

    private NetdevResolution FromHelper(IReadOnlyList<InfoNetworkClient> clients, int queues, string netdevId, int pid)
    {
        var names = proc.TunInterfaces(pid).ToHashSet(StringComparer.Ordinal);
        foreach (var other in clients.Where(c => c.Type == "tap" && c.Name != netdevId))
        {
            if ((IfNameOf(other) ?? (FdOf(other) is { } fd ? proc.TunInterface(pid, fd) : null)) is { } claimed)
                names.Remove(claimed);
        }
        return names.Count switch
        {
            1 => NetdevResolution.Found(names.Single(), queues, $"the only TAP of process {pid} no other netdev claims"),
            0 => NetdevResolution.NotFound($"QEMU (process {pid}) holds no TAP that could be netdev '{netdevId}'s: its helper made none."),
            _ => NetdevResolution.Unreadable(
                $"The TAP of netdev '{netdevId}' was opened by a helper and could be "
                + $"{string.Join(" or ", names.Order(StringComparer.Ordinal).Select(n => $"'{n}'"))}: give ifname=."),
        };
    }

    private static string? IfNameOf(InfoNetworkClient client)
    {
        const string Key = "ifname=";
        if (!client.Details.StartsWith(Key, StringComparison.Ordinal))
            return null;
        // An interface's name may contain commas; the script follows it always.
        var end = client.Details.IndexOf(",script=", StringComparison.Ordinal);
        return end < 0 ? client.Details[Key.Length..] : client.Details[Key.Length..end];
    }

    private static int? FdOf(InfoNetworkClient client) =>
        client.Details.StartsWith("fd=", StringComparison.Ordinal)
        && int.TryParse(client.Details.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out var fd)
            ? fd
            : null;

    [GeneratedRegex(@"^/dev/tap[0-9]+( \(deleted\))?$")]
    private static partial Regex TapCharacterDevice();
}
