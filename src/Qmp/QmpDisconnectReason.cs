namespace QmpRedirector.Qmp;

/// <summary>Why a connection ended.</summary>
public enum QmpDisconnectReason
{
    /// <summary>A fault of this library or of the system; the exception says what.</summary>
    Unexpected,

    /// <summary>This side disposed the client.</summary>
    Disposed,

    /// <summary>The peer closed the connection: QEMU ended, or its monitor was removed.</summary>
    PeerClosed,

    /// <summary>The connection was reset or aborted by the peer or the network.</summary>
    ConnectionReset,

    /// <summary>The peer sent something that is not QMP.</summary>
    ProtocolError,

    /// <summary><see cref="QmpClient.ConnectAsync"/> did not succeed.</summary>
    ConnectFailed,
}
