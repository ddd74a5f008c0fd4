namespace QmpRedirector.Net;

/// <summary>One packet of a capture file.</summary>
/// <param name="Bytes">
/// What was captured of the Ethernet frame, without a checksum (FCS) where the file says there is one. It lies in the reader's buffer:
/// good until the next <see cref="PcapReader.GetMemory"/>.
/// </param>
/// <param name="OriginalLength">The frame's length on its wire, in bytes, without FCS.</param>
/// <param name="Timestamp">Nanoseconds since 1970-01-01 UTC; null where the file has none (Simple Packet Block).</param>
/// <param name="Offset">Where in the file the packet's record begins, in bytes.</param>
public readonly record struct PcapFrame(ReadOnlyMemory<byte> Bytes, long OriginalLength, long? Timestamp, long Offset)
{
    /// <summary>A snapshot length cut it: the end of the frame is not in the file.</summary>
    public bool IsTruncated => Bytes.Length < OriginalLength;

    /// <param name="record">What the record holds, FCS included.</param>
    /// <param name="length">The length on the wire, FCS included.</param>
    /// <param name="fcs">Bytes of FCS at the end of a whole frame.</param>
    /// <param name="timestamp">As <see cref="Timestamp"/>.</param>
    /// <param name="offset">As <see cref="Offset"/>.</param>
    internal static PcapFrame WithoutFcs(ReadOnlyMemory<byte> record, long length, int fcs, long? timestamp, long offset)
    {
        if (fcs == 0)
            return new PcapFrame(record, length, timestamp, offset);
        var withoutFcs = Math.Max(length - fcs, 0);
        return new PcapFrame(record[..(int)Math.Min(record.Length, withoutFcs)], withoutFcs, timestamp, offset);
    }
}
