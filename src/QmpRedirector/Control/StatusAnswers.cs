using System.Text.Json.Nodes;
using QmpRedirector.Net;
using QmpRedirector.Qmp;
using QmpRedirector.Redirectors;
using QmpRedirector.Vm;

namespace QmpRedirector.Control;

/// <summary>The answers of the control socket's queries. Members with QEMU's names have QEMU's meaning; the others are ours.</summary>
internal static class StatusAnswers
{
    /// <summary><c>query-status</c>: the VM's run state as this process knows it, then what each redirector makes of it.</summary>
    public static JsonObject Status(VmSnapshot vm, QmpGreeting? qemu, string qmpAddress, IEnumerable<Redirector> redirectors) => new()
    {
        ["running"] = vm.Running,
        ["status"] = vm.Phase is VmPhase.Connecting or VmPhase.Gone ? "unknown" : vm.RunState ?? (vm.Running ? "running" : "paused"),
        ["qmp"] = new JsonObject
        {
            ["address"] = qmpAddress,
            ["phase"] = Text(vm.Phase),
            ["version"] = qemu is null ? null : $"{qemu.Major}.{qemu.Minor}.{qemu.Micro}",
            ["pid"] = vm.QemuPid,
            ["generation"] = vm.Generation,
        },
        ["redirectors"] = new JsonArray([.. redirectors.Select(r => (JsonNode)State(r))]),
    };

    /// <summary>The members of <see cref="State"/>.</summary>
    public static IReadOnlyList<QmpMember> StateMembers { get; } =
    [
        new("name"), new("active", "bool"), new("reason", "any"), new("cause", "any"), new("since", "any"), new("netdev"), new("queue"),
        new("ifname", "any"), new("vnet-hdr-len", "any"), new("outdev"), new("backlog", "int"),
    ];

    /// <summary>One redirector's state: in <c>query-status</c>, and the data of the event that tells of a change.</summary>
    public static JsonObject State(Redirector redirector)
    {
        var state = redirector.State;
        return new JsonObject
        {
            ["name"] = redirector.Id,
            ["active"] = state.Active,
            ["reason"] = state.Why,
            ["cause"] = state.Cause,
            ["since"] = Time(state.SinceNanoseconds),
            ["netdev"] = redirector.Options.Netdev,
            ["queue"] = (string?)RedirectorProperties.Get(redirector.Options, "queue"),
            ["ifname"] = state.Ifname,
            ["vnet-hdr-len"] = state.VnetHeaderLength,
            ["outdev"] = redirector.Options.Outdev,
            ["backlog"] = state.Backlog.Bytes,
            ["backlog-frames"] = new JsonArray(
                [.. state.Backlog.Frames.Select(static f => new JsonObject { ["up-to"] = f.LongestFrame, ["frames"] = f.Count })]),
        };
    }

    /// <summary>
    /// One entry of <c>query-netfilter-stats</c>, the shape proposed for QEMU (2026-02-07, "net/filter: statistics counters"): tx and rx
    /// are the frames the filter took, by direction; <c>outdev</c> counts those it wrote.
    /// </summary>
    public static JsonObject Statistics(Redirector redirector, ForwarderSnapshot account)
    {
        var dropped = new JsonObject();
        foreach (var reason in DropReasons.All)
            dropped[reason.Name()] = account.Dropped[(int)reason];
        return new JsonObject
        {
            ["name"] = redirector.Id,
            ["netdev"] = redirector.Options.Netdev,
            ["type"] = redirector.Options.Type,
            ["packets-tx"] = account.TowardsGuest.Packets,
            ["packets-rx"] = account.FromGuest.Packets,
            ["bytes-tx"] = account.TowardsGuest.Bytes,
            ["bytes-rx"] = account.FromGuest.Bytes,
            ["counters"] = new JsonArray(new JsonObject
            {
                ["name"] = "outdev",
                ["packets"] = account.Forwarded + account.ExtraSegments,
                ["bytes"] = account.ForwardedBytes,
            }),
            ["dropped"] = dropped,
            ["kernel-seen"] = account.KernelSeen,
            ["kernel-dropped"] = account.KernelDropped,
            ["taken"] = account.Taken,
            ["forwarded"] = account.Forwarded,
            ["extra-segments"] = account.ExtraSegments,
            ["in-hand"] = account.InHand,
            ["in-kernel"] = account.InKernel,
            ["queued-bytes"] = account.Waiting.Bytes,
            ["late"] = account.Late,
            ["balanced"] = account.IsBalanced && account.IdentitiesBroken == 0,
        };
    }

    /// <summary>One entry of <c>query-chardev</c>.</summary>
    public static JsonObject Chardev(OpenChardev chardev, bool isUsed) => new()
    {
        ["label"] = chardev.Options.Id,
        ["filename"] = chardev.Socket.Filename,
        ["frontend-open"] = isUsed,
    };

    // As the timestamp of an event.
    private static JsonObject Time(long nanoseconds) => new()
    {
        ["seconds"] = nanoseconds / 1_000_000_000,
        ["microseconds"] = nanoseconds / 1000 % 1_000_000,
    };

    private static string Text(VmPhase phase) => phase.ToString().ToLowerInvariant();
}
