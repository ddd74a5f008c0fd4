namespace QmpRedirector.Net;

/// <summary>The names of <see cref="DropReason"/> in counters, logs and status.</summary>
public static class DropReasons
{
    /// <summary>Every reason, in the order it is shown.</summary>
    public static IReadOnlyList<DropReason> All { get; } = Enum.GetValues<DropReason>();

    /// <summary>The reason in snake_case.</summary>
    public static string Name(this DropReason reason) => reason switch
    {
        DropReason.PeerDisconnected => "peer_disconnected",
        DropReason.Disarmed => "disarmed",
        DropReason.Truncated => "truncated",
        DropReason.Oversize => "oversize",
        DropReason.BadOffload => "bad_offload",
        DropReason.LingerExpired => "linger_expired",
        DropReason.Shutdown => "shutdown",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "not a drop reason"),
    };
}
