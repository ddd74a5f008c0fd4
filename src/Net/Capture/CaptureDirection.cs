namespace QmpRedirector.Net;

/// <summary>Which of a TAP's frames a capture takes, as the <c>queue</c> of QEMU's netfilters.</summary>
public enum CaptureDirection
{
    /// <summary><c>queue=all</c>: both directions.</summary>
    All,

    /// <summary><c>queue=tx</c>: sent by the netdev, towards the guest; PACKET_OUTGOING on the TAP.</summary>
    TowardsGuest,

    /// <summary><c>queue=rx</c>: received by the netdev, from the guest; every other packet type on the TAP.</summary>
    FromGuest,
}
