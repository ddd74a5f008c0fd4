namespace QmpRedirector.Net;

/// <summary>Bits 0 and 1 of epb_flags (draft-ietf-opsawg-pcapng, 4.3.1): which way a frame passed the interface.</summary>
public enum PcapngDirection
{
    /// <summary>Not known: no epb_flags is written.</summary>
    Unknown = 0,

    /// <summary>01: received by the host on the interface; on a TAP, what the guest sent.</summary>
    Inbound = 1,

    /// <summary>10: sent by the host to the interface; on a TAP, what goes to the guest.</summary>
    Outbound = 2,
}
