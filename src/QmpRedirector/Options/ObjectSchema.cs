using System.Collections.Immutable;

namespace QmpRedirector.Options;

/// <summary>The properties of <c>--object</c>: QEMU's (qapi/qom.json, FilterRedirectorProperties) and its RFC's, then ours.</summary>
internal static class ObjectSchema
{
    /// <summary>Objects of QEMU's that come with netdevs and chardevs, for a better word than "does not accept".</summary>
    public static readonly ImmutableArray<string> ForeignTypes =
        ["colo-compare", "filter-buffer", "filter-dump", "filter-replay", "filter-rewriter", "iothread"];

    public static readonly ImmutableArray<OptionKey> Properties =
    [
        new("qom-type", OptionKind.String, "filter-redirector or filter-mirror; may stand first without its key") { Required = true },
        new("id", OptionKind.Id, "its name") { Required = true },
        new("netdev", OptionKind.String, "QEMU's netdev whose packets to capture") { Required = true },
        new("queue", OptionKind.Enum, "tx: towards the guest; rx: from the guest") { Values = ["all", "rx", "tx"], Default = "all" },
        new("status", OptionKind.Enum, "off: captures nothing")
        {
            Values = ["on", "off"],
            Default = "on",
            BadValue = QemuSentences.BadStatus,
        },
        new("position", OptionKind.String, "only the default is accepted: there is no chain of filters") { Default = "tail" },
        new("insert", OptionKind.Enum, "only the default is accepted") { Values = ["behind", "before"], Default = "behind" },
        new("indev", OptionKind.String, "chardev to read frames from") { Support = OptionSupport.Later },
        new("in_netdev", OptionKind.String, "only the same as netdev is accepted: RFC v1 named it twice") { ValueName = "NETDEV" },
        new("outdev", OptionKind.String, "chardev to write frames to"),
        new("vnet_hdr_support", OptionKind.Boolean, "put the length of the virtio-net header before each frame") { Default = "off" },
        new("enable_when_stopped", OptionKind.Boolean, "capture while the VM is stopped too") { Default = "off" },
        new("disable_when_running", OptionKind.Boolean, "do not capture while the VM runs") { Default = "off" },
        new("ifname", OptionKind.String, "the TAP, if it is not to be found through QEMU"),
        new("vnet_hdr_len", OptionKind.Enum, "bytes of virtio-net header before each frame")
        {
            Values = ["auto", "0", "10", "12", "20", "24"],
            Default = "auto",
        },
        new("when_disconnected", OptionKind.Enum, "what becomes of frames while no peer is connected")
        {
            Values = ["discard", "hold"],
            Default = "discard",
        },
        new("backlog", OptionKind.Size, "kernel memory for frames not yet sent, at most 1G")
        {
            // It is allocated at the start and cannot be swapped out; a ring has one slot at least.
            Minimum = 4096,
            Maximum = 1 << 30,
            Default = "32M",
        },
        new("preroll", OptionKind.Enum, "frames from before the stop that are sent as well")
        {
            Values = ["off", "stop", "unconsumed"],
            LaterValues = ["stop", "unconsumed"],
            Default = "off",
        },
    ];

    // DESIGN section 2 fixes this sentence, QMP's, for both forms; QEMU 7.2's -object says "Invalid parameter 'foo'" in text.
    public static readonly OptionSchema FilterRedirector = new(Properties, QemuSentences.Unexpected);

    public static readonly OptionSchema FilterMirror = new(
        [
            .. Properties
                .Where(static key => key.Name is not ("indev" or "in_netdev"))
                .Select(static key => key.Name == "outdev" ? key with { Required = true } : key),
        ],
        QemuSentences.Unexpected);
}
