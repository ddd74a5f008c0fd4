namespace QmpRedirector.Net.Interop;

/// <summary>What the kernel said about one received frame.</summary>
internal struct FrameMetadata
{
    /// <summary>Bytes received: the 10-byte vnet header and the frame.</summary>
    internal int Length;

    /// <summary>CLOCK_REALTIME nanoseconds at which the frame passed the tap point.</summary>
    internal long TimestampNanoseconds;

    /// <summary>The frame is PACKET_OUTGOING: sent by the host towards the guest.</summary>
    internal bool IsTowardsGuest;

    /// <summary>The interface it passed: of the backlog, not always the one the socket is bound to by now.</summary>
    internal int InterfaceIndex;

    /// <summary>Only part of the frame was delivered.</summary>
    internal bool Truncated;

    /// <summary>The frame's VLAN tag is here and not in its bytes.</summary>
    internal bool HasVlanTag;

    internal ushort VlanTpid;
    internal ushort VlanTci;
}
