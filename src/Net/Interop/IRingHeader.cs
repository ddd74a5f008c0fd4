namespace QmpRedirector.Net.Interop;

/// <summary>What the kernel says of a frame at the beginning of its place in a ring, the same for each version of TPACKET.</summary>
internal interface IRingHeader
{
    /// <summary>Bytes from the header to the sockaddr_ll behind it.</summary>
    static abstract int AddressOffset { get; }

    /// <summary>TP_STATUS_*.</summary>
    uint Status { get; }

    /// <summary>Bytes of the frame, and how many of them are here.</summary>
    uint Length { get; }

    /// <inheritdoc cref="Length" />
    uint Captured { get; }

    /// <summary>Bytes from the header to the frame, before which stands its 10-byte virtio_net_hdr.</summary>
    int FrameOffset { get; }

    /// <summary>CLOCK_REALTIME nanoseconds; the seconds are unsigned and good until 2106.</summary>
    long Timestamp { get; }

    /// <summary>The VLAN tag's number and priority, where <see cref="Status"/> says that there is one.</summary>
    ushort VlanTci { get; }

    /// <summary>The VLAN tag's protocol, where <see cref="Status"/> says that it is here.</summary>
    ushort VlanTpid { get; }
}
