namespace QmpRedirector.Net;

/// <summary>An interface of a pcapng section (Interface Description Block), as far as its packets need it.</summary>
/// <param name="LinkType">1 for Ethernet.</param>
/// <param name="SnapLength">The most bytes captured of a packet; 0: no limit.</param>
/// <param name="Clock">What its packets' times mean.</param>
/// <param name="Fcs">if_fcslen: bytes of checksum at the end of each frame.</param>
internal readonly record struct PcapngSource(ushort LinkType, uint SnapLength, PcapngClock Clock, int Fcs)
{
    private const ushort TimestampResolution = 9;
    private const ushort FcsLength = 13;
    private const ushort TimestampOffset = 14;

    /// <param name="body">u16 link type, u16 reserved, u32 snapshot length, options: u16 code, u16 length, bytes padded to four.</param>
    /// <param name="order">The section's.</param>
    public static PcapngSource Read(ReadOnlySpan<byte> body, PcapngOrder order)
    {
        PcapngSource source = new(order.UInt16(body), order.UInt32(body[4..]), PcapngClock.Default, 0);
        var options = body[8..];
        while (options.Length >= 4)
        {
            var code = order.UInt16(options);
            int length = order.UInt16(options[2..]);
            options = options[4..];

            // What does not fit is left as the file's writer left it: unsaid.
            if (code == 0 || length > options.Length)
                break;
            source = (code, length) switch
            {
                (TimestampResolution, >= 1) => source with { Clock = source.Clock with { Resolution = options[0] } },
                (FcsLength, >= 1) => source with { Fcs = options[0] },
                (TimestampOffset, >= 8) => source with { Clock = source.Clock with { OffsetSeconds = order.Int64(options) } },
                _ => source,
            };
            options = options[Math.Min((length + 3) & ~3, options.Length)..];
        }

        return source;
    }
}
