namespace QmpRedirector.Options;

/// <summary>
/// QEMU's NetFilterDirection: which way a packet must go to be captured, named from the netdev. <see cref="Tx"/> is what the netdev sends
/// (towards the guest), <see cref="Rx"/> what it receives (from the guest).
/// </summary>
internal enum QueueDirection
{
    All,
    Rx,
    Tx,
}
