namespace QmpRedirector.Net.Interop;

/// <summary>What the kernel said about one received frame.</summary>
internal struct FrameMetadata
{
    /// <summary>Bytes received: the 10-byte vnet header and the frame.</summary>
    internal int Length;

    /// <summary>CLOCK_REALTIME nanoseconds at which the frame passed the tap point.</summary>
    internal long TimestampNanoseconds;

    /// <summary>Only part of the frame was delivered.</summary>
    internal bool Truncated;

    /// <summary>The frame's VLAN tag is here and not in its bytes.</summary>
    internal bool HasVlanTag;

    /// <summary>PACKET_OUTGOING: towards the guest. Known only to a batch that was told to ask for it.</summary>
    internal bool Outgoing;

    internal ushort VlanTpid;
    internal ushort VlanTci;
}
