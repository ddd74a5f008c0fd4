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

    private const byte Nanoseconds = 9;

    private readonly Stream _stream;
    private readonly PcapngBlock _block = new();
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

    /// <summary>Writes an Enhanced Packet Block.</summary>
    /// <param name="interfaceId">What <see cref="AddInterface"/> returned.</param>
    /// <param name="timestamp">Nanoseconds since 1970-01-01 UTC.</param>
    /// <param name="frame">The Ethernet frame, whole, without a virtio-net header.</param>
    /// <param name="direction">Which way it went.</param>
    /// <param name="comment">opt_comment, cut at 65535 bytes of UTF-8; null for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such interface.</exception>
    public void WriteFrame(
        int interfaceId,
        long timestamp,
        ReadOnlySpan<byte> frame,
        PcapngDirection direction = PcapngDirection.Unknown,
        string? comment = null)
    {
        CheckInterface(interfaceId);
        _block.Begin(EnhancedPacketBlock);
        _block.UInt32((uint)interfaceId);
        _block.Timestamp(timestamp);
        _block.UInt32((uint)frame.Length);
        _block.UInt32((uint)frame.Length);
        _block.Padded(frame);
        _block.Option(Comment, comment);
        if (direction != PcapngDirection.Unknown)
            _block.Option(EpbFlags, (uint)direction);
        _stream.Write(_block.End());
    }

    /// <summary>Writes an Interface Statistics Block, customarily at the end.</summary>
    /// <param name="interfaceId">What <see cref="AddInterface"/> returned.</param>
    /// <param name="timestamp">Nanoseconds since 1970-01-01 UTC.</param>
    /// <param name="received">isb_ifrecv: frames that passed the capture's filter.</param>
    /// <param name="dropped">isb_ifdrop: frames of those that the capture lost.</param>
    /// <param name="comment">opt_comment, or null.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such interface.</exception>
    public void WriteStatistics(int interfaceId, long timestamp, ulong received, ulong dropped, string? comment = null)
    {
        CheckInterface(interfaceId);
        _block.Begin(InterfaceStatisticsBlock);
        _block.UInt32((uint)interfaceId);
        _block.Timestamp(timestamp);
        _block.Option(Comment, comment);
        _block.Option(IsbReceived, received);
        _block.Option(IsbDropped, dropped);
        _stream.Write(_block.End());
    }

    private void CheckInterface(int interfaceId)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(interfaceId);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(interfaceId, _interfaces);
    }
}
