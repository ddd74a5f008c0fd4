namespace QmpRedirector.Options;

/// <summary>What happens to captured frames while no peer is connected to the outdev (<c>when_disconnected</c>).</summary>
internal enum DisconnectedPolicy
{
    /// <summary>Dropped and counted, as QEMU does.</summary>
    Discard,

    /// <summary>Kept as backlog until a peer connects.</summary>
    Hold,
}
