namespace QmpRedirector.Net;

/// <summary>A network interface, as RTM_NEWLINK describes it.</summary>
public sealed record LinkInfo
{
    /// <summary>The interface index. A link that is deleted and made again under its name gets another.</summary>
    public required int Index { get; init; }

    /// <summary>The interface's name.</summary>
    public required string Name { get; init; }

    /// <summary>Administratively up (IFF_UP).</summary>
    public required bool IsUp { get; init; }

    /// <summary>Has carrier (IFF_LOWER_UP): somebody holds the TAP open.</summary>
    public required bool HasCarrier { get; init; }

    /// <summary>IFLA_INFO_KIND: <c>tun</c>, <c>macvtap</c>, <c>bridge</c>...; null for a plain device.</summary>
    public required string? Kind { get; init; }

    /// <summary>For kind <c>tun</c>: whether it carries Ethernet frames (IFF_TAP) rather than IP packets (IFF_TUN).</summary>
    public required bool IsTapMode { get; init; }

    /// <summary>For kind <c>tun</c>: whether its reader gets a virtio-net header before each frame (IFF_VNET_HDR).</summary>
    public required bool HasVnetHeader { get; init; }

    /// <summary>For kind <c>tun</c>: whether it has one ring per queue (IFF_MULTI_QUEUE).</summary>
    public required bool IsMultiQueue { get; init; }

    /// <summary>The queueing discipline: <c>noqueue</c>, <c>fq_codel</c>...</summary>
    public required string? Qdisc { get; init; }

    /// <summary>Null when frames can be captured here as the filter would see them, else one sentence why not.</summary>
    public string? WhyNotTap => this switch
    {
        { Kind: "tun", IsTapMode: true } => null,
        { Kind: "tun" } => $"'{Name}' is a TUN device, which carries IP packets without Ethernet headers; a TAP is needed.",
        { Kind: "macvtap" or "ipvtap" } =>
            $"'{Name}' is a {Kind} device: frames for its guest never leave it by a TAP's transmit path, so they cannot be captured as a "
            + "filter would see them; give the guest a TAP on a bridge instead.",
        { Kind: null } => $"'{Name}' is not a TAP but a device of no kind the kernel names (a physical one, perhaps).",
        _ => $"'{Name}' is not a TAP but a {Kind} device.",
    };
}
