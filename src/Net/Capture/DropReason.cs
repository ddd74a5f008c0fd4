namespace QmpRedirector.Net;

/// <summary>
/// Why a captured frame was not forwarded. The one list that counters, logs, metrics, status and tests share; each member's
/// <see cref="DropReasons.Name"/> is its name there.
/// </summary>
public enum DropReason
{
    /// <summary>No peer was connected, or its connection ended before it had taken the whole frame.</summary>
    PeerDisconnected,

    /// <summary>The frame is stamped outside the times the capture was active: after the event that ended one, before the next began.</summary>
    Disarmed,

    /// <summary>The kernel delivered only part of the frame.</summary>
    Truncated,

    /// <summary>Longer than NET_BUFSIZE with its vnet header: QEMU would stop reading for good.</summary>
    Oversize,

    /// <summary>
    /// For a consumer of plain Ethernet the frame's checksum cannot be finished, or a GSO frame not be cut: its vnet header contradicts it.
    /// </summary>
    BadOffload,

    /// <summary>Unsent when the time to drain after QEMU or the TAP went away was over.</summary>
    LingerExpired,

    /// <summary>Unsent when the process was told to end.</summary>
    Shutdown,
}
