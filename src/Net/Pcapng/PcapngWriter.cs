namespace QmpRedirector.Net;

/// <summary>
/// Writes Ethernet frames as a pcapng file (draft-ietf-opsawg-pcapng), which tcpdump and Wireshark read, also live from a pipe.
/// </summary>
/// <remarks>
/// One section, times in nanoseconds since 1970-01-01 UTC, little endian. Each block is written to the stream in one call; the stream's
/// owner flushes, closes, and sees to it that a file of tenants' data is created with mode 0600. What the stream throws is passed on.
/// </remarks>
public sealed class PcapngWriter
{
    private const uint SectionHeaderBlock = 0x0A0D0D0A;
    private const uint InterfaceDescriptionBlock = 1;
    private const uint InterfaceStatisticsBlock = 5;
    private const uint EnhancedPacketBlock = 6;
    private const uint ByteOrderMagic = 0x1A2B3C4D;
    private const ushort LinkTypeEthernet = 1;

    // Option codes; each block has its own numbers above opt_comment.
    private const ushort Comment = 1;
    private const ushort ShbHardware = 2;
    private const ushort ShbOs = 3;
    private const ushort ShbUserApplication = 4;
    private const ushort IfName = 2;
    private const ushort IfDescription = 3;
    private const ushort IfTimestampResolution = 9;
    private const ushort EpbFlags = 2;
    private const ushort IsbReceived = 4;
    private const ushort IsbDropped = 5;
    private const ushort IsbFilterAccepted = 6;
    private const ushort IsbOsDropped = 7;
    private const ushort IsbDelivered = 8;

    private const byte Nanoseconds = 9;

    private readonly Stream _stream;
    private readonly PcapngBlock _block = new();
    private readonly byte[] _vnetComment = new byte[VnetComment.MaxLength];
    private int _interfaces;

    /// <summary>Begins the file: writes the Section Header Block.</summary>
    public PcapngWriter(Stream stream, PcapngSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        _stream = stream;
        _block.Begin(SectionHeaderBlock);
        _block.UInt32(ByteOrderMagic);
        _block.UInt16(1);
        _block.UInt16(0);
        _block.UInt64(ulong.MaxValue); // Section length: not known.
        _block.Option(ShbHardware, section.Hardware);
        _block.Option(ShbOs, section.OperatingSystem);
        _block.Option(ShbUserApplication, section.Application);
        _stream.Write(_block.End());
    }

    /// <summary>Writes an Interface Description Block.</summary>
    /// <returns>The interface's id, for the other calls: 0, 1, ...</returns>
    public int AddInterface(PcapngInterface description)
    {
        ArgumentNullException.ThrowIfNull(description);
        _block.Begin(InterfaceDescriptionBlock);
        _block.UInt16(LinkTypeEthernet);
        _block.UInt16(0);
        _block.UInt32((uint)description.SnapLength);
        _block.Option(IfName, description.Name);
        _block.Option(IfDescription, description.Description);
        _block.Option(IfTimestampResolution, [Nanoseconds]);
        _stream.Write(_block.End());
        return _interfaces++;
    }

    /// <summary>Writes an Enhanced Packet Block. Allocates nothing but for <paramref name="comments"/>.</summary>
    /// <param name="interfaceId">What <see cref="AddInterface"/> returned.</param>
    /// <param name="timestamp">Nanoseconds since 1970-01-01 UTC.</param>
    /// <param name="frame">The Ethernet frame, whole, without a virtio-net header.</param>
    /// <param name="direction">Which way it went.</param>
    /// <param name="vnetHeader">
    /// The virtio-net header it had: becomes a comment if the frame's checksum is unfinished or it is a GSO frame.
    /// </param>
    /// <param name="comments">An opt_comment each, cut at 65535 bytes of UTF-8.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such interface.</exception>
    public void WriteFrame(
        int interfaceId,
        long timestamp,
        ReadOnlySpan<byte> frame,
        PcapngDirection direction = PcapngDirection.Unknown,
        ReadOnlySpan<byte> vnetHeader = default,
        ReadOnlySpan<string> comments = default)
    {
        CheckInterface(interfaceId);
        _block.Begin(EnhancedPacketBlock);
        _block.UInt32((uint)interfaceId);
        _block.Timestamp(timestamp);
        _block.UInt32((uint)frame.Length);
        _block.UInt32((uint)frame.Length);
        _block.Padded(frame);
        foreach (var comment in comments)
            _block.Option(Comment, comment);
        if (VnetComment.Write(_vnetComment, vnetHeader) is > 0 and var length)
            _block.Option(Comment, _vnetComment.AsSpan(0, length));
        if (direction != PcapngDirection.Unknown)
            _block.Option(EpbFlags, (uint)direction);
        _stream.Write(_block.End());
    }

    /// <summary>Writes an Interface Statistics Block, customarily at the end.</summary>
    /// <param name="interfaceId">What <see cref="AddInterface"/> returned.</param>
    /// <param name="statistics">The counts.</param>
    /// <param name="comments">An opt_comment each.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such interface.</exception>
    public void WriteStatistics(int interfaceId, PcapngStatistics statistics, ReadOnlySpan<string> comments = default)
    {
        ArgumentNullException.ThrowIfNull(statistics);
        CheckInterface(interfaceId);
        _block.Begin(InterfaceStatisticsBlock);
        _block.UInt32((uint)interfaceId);
        _block.Timestamp(statistics.Timestamp);
        foreach (var comment in comments)
            _block.Option(Comment, comment);
        Count(IsbReceived, statistics.Received);
        Count(IsbDropped, statistics.Dropped);
        Count(IsbFilterAccepted, statistics.FilterAccepted);
        Count(IsbOsDropped, statistics.OsDropped);
        Count(IsbDelivered, statistics.Delivered);
        _stream.Write(_block.End());
    }

    private void Count(ushort code, long? frames)
    {
        if (frames is { } count)
            _block.Option(code, (ulong)count);
    }

    private void CheckInterface(int interfaceId)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(interfaceId);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(interfaceId, _interfaces);
    }
}
