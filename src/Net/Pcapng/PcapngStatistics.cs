namespace QmpRedirector.Net;

/// <summary>Counts of an Interface Statistics Block (draft-ietf-opsawg-pcapng, 4.6), all in frames; null leaves one out.</summary>
public sealed record PcapngStatistics
{
    /// <summary>Nanoseconds since 1970-01-01 UTC.</summary>
    public required long Timestamp { get; init; }

    /// <summary>isb_ifrecv: received from the interface by the capture.</summary>
    public long? Received { get; init; }

    /// <summary>isb_ifdrop: lost for want of room, as capture programs count it.</summary>
    public long? Dropped { get; init; }

    /// <summary>isb_filteraccept: passed the capture's filter.</summary>
    public long? FilterAccepted { get; init; }

    /// <summary>isb_osdrop: of those, dropped by the operating system.</summary>
    public long? OsDropped { get; init; }

    /// <summary>isb_usrdeliv: of those, delivered to the user.</summary>
    public long? Delivered { get; init; }
}
