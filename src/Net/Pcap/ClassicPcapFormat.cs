using System.Buffers.Binary;

namespace QmpRedirector.Net;

/// <summary>pcap (draft-ietf-opsawg-pcap, pcap-savefile(5)): one header, then records.</summary>
/// <remarks>
/// <code>
/// header  offset  size  field                        record  offset  size  field
///              0     4  magic: order and resolution               0     4  seconds since 1970-01-01 UTC
///              4     2  major version, 2                          4     4  microseconds or nanoseconds
///              6     2  minor version                             8     4  bytes captured, which follow
///              8    12  not used; snapshot length                12     4  bytes on the wire
///             20     4  link type (low 16 bits), FCS
/// </code>
/// </remarks>
internal sealed class ClassicPcapFormat(bool bigEndian, bool nanoseconds) : IPcapFormat
{
    private const int HeaderSize = 24;
    private const int RecordHeaderSize = 16;

    // LT_FCS_LENGTH_PRESENT, and LT_FCS_LENGTH in 16-bit words (libpcap, pcap-common.h).
    private const uint FcsPresent = 0x04000000;
    private const int FcsShift = 28;

    private bool _hasHeader;
    private int _fcs;

    public bool TryRead(PcapBuffer file, out PcapFrame frame)
    {
        frame = default;
        if (!_hasHeader && !TryReadHeader(file))
            return false;
        if (!file.TryPeek(RecordHeaderSize, out var record))
            return false;
        var header = record.Span;
        var captured = UInt32(header[8..]);
        if (captured > file.LongestPiece - RecordHeaderSize)
            throw new PcapException(file.Position, $"a packet of {captured} captured bytes is not to be believed: the file is broken here");
        var size = RecordHeaderSize + (int)captured;
        if (!file.TryPeek(size, out record))
            return false;
        var timestamp = UInt32(header) * 1_000_000_000L + UInt32(header[4..]) * (nanoseconds ? 1L : 1000L);
        frame = PcapFrame.WithoutFcs(record[RecordHeaderSize..], UInt32(header[12..]), _fcs, timestamp, file.Position);
        file.Skip(size);
        return true;
    }

    private bool TryReadHeader(PcapBuffer file)
    {
        if (!file.TryPeek(HeaderSize, out var bytes))
            return false;
        var header = bytes.Span;
        var major = bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(header[4..]) : BinaryPrimitives.ReadUInt16LittleEndian(header[4..]);
        if (major != 2)
            throw new PcapException(file.Position, $"this is pcap version {major}, not 2");
        var linkType = UInt32(header[20..]);
        LinkTypes.RequireEthernet((ushort)linkType, file.Position + 20, "the packets have");
        _fcs = (linkType & FcsPresent) == 0 ? 0 : (int)(linkType >> FcsShift) * sizeof(ushort);
        _hasHeader = true;
        file.Skip(HeaderSize);
        return true;
    }

    private uint UInt32(ReadOnlySpan<byte> bytes) =>
        bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}
