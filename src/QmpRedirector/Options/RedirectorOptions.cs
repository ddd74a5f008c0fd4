namespace QmpRedirector.Options;

/// <summary>An <c>-object filter-redirector,...</c> or <c>filter-mirror</c>: QEMU's properties with QEMU's defaults, then ours.</summary>
internal sealed record RedirectorOptions
{
    public const string FilterRedirector = "filter-redirector";
    public const string FilterMirror = "filter-mirror";

    /// <summary>32 MiB.</summary>
    public const long DefaultBacklog = 32L << 20;

    public required string Id { get; init; }

    /// <summary><see cref="FilterRedirector"/> or <see cref="FilterMirror"/>.</summary>
    public required string Type { get; init; }

    public required string Netdev { get; init; }

    public QueueDirection Queue { get; init; } = QueueDirection.All;

    /// <summary>The filter is on.</summary>
    public bool Status { get; init; } = true;

    public string? Indev { get; init; }

    public string? Outdev { get; init; }

    public bool VnetHdrSupport { get; init; }

    public bool EnableWhenStopped { get; init; }

    public bool DisableWhenRunning { get; init; }

    /// <summary>The TAP; null: found from <see cref="Netdev"/>.</summary>
    public string? Ifname { get; init; }

    /// <summary>Bytes of virtio-net header before each frame: 0, 10, 12, 20 or 24; null: auto.</summary>
    public int? VnetHdrLen { get; init; }

    /// <summary>The descriptors of the packet sockets to capture with (<c>--packet-fd</c>), at most three; none: its own.</summary>
    public IReadOnlyList<int> PacketFds { get; init; } = [];

    public DisconnectedPolicy WhenDisconnected { get; init; } = DisconnectedPolicy.Discard;

    /// <summary>Kernel memory for frames not yet sent, in bytes.</summary>
    public long Backlog { get; init; } = DefaultBacklog;

    public PrerollMode Preroll { get; init; } = PrerollMode.Off;
}
