using System.Collections.Frozen;
using QmpRedirector.Qmp;

namespace QmpRedirector.Vm;

/// <summary>One QMP connection with its queue of the events a follower needs.</summary>
internal sealed class VmConnection(QmpClient client, QmpEventListener events) : IAsyncDisposable
{
    private static readonly FrozenSet<string> RunStateEvents = FrozenSet.Create(
        StringComparer.Ordinal,
        "STOP", "RESUME", "SUSPEND", "WAKEUP", "RESET", "SHUTDOWN", "GUEST_PANICKED", "WATCHDOG", "BLOCK_IO_ERROR", "MIGRATION",
        "COLO_EXIT");

    // After RESET and RESUME another driver may negotiate other features.
    private static readonly FrozenSet<string> NetdevEvents = FrozenSet.Create(
        StringComparer.Ordinal,
        "DEVICE_DELETED", "NIC_RX_FILTER_CHANGED", "NETDEV_STREAM_CONNECTED", "NETDEV_STREAM_DISCONNECTED",
        "NETDEV_VHOST_USER_CONNECTED", "NETDEV_VHOST_USER_DISCONNECTED", "RESET", "RESUME");

    public QmpClient Client => client;

    public QmpEventListener Events => events;

    /// <summary>Whether the run state must be asked for after an event.</summary>
    public static bool ConcernsRunState(string eventName) => RunStateEvents.Contains(eventName);

    /// <summary>Whether a netdev, its TAP or its NIC may be another after an event.</summary>
    public static bool ConcernsNetdevs(string eventName) => NetdevEvents.Contains(eventName);

    /// <exception cref="QmpException">Only for an fd: address.</exception>
    public static async Task<VmConnection> MakeAsync(QmpConnector connector, CancellationToken ct)
    {
        QmpEventListener? events = null;
        var client = await connector.ConnectAsync(fresh => events = fresh.Listen([.. RunStateEvents.Union(NetdevEvents)]), ct);
        return new VmConnection(client, events!);
    }

    public ValueTask DisposeAsync() => client.DisposeAsync();
}
