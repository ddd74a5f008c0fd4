using System.Buffers.Binary;

namespace QmpRedirector.Net;

/// <summary>pcapng (draft-ietf-opsawg-pcapng): blocks, whose byte order is their section's.</summary>
/// <remarks>Every block is u32 type, u32 length, body, u32 length again; the length counts all of it and is a multiple of four.</remarks>
internal sealed class PcapngFormat : IPcapFormat
{
    /// <summary>Reads the same in both byte orders.</summary>
    public const uint SectionHeader = 0x0A0D0D0A;

    private const uint InterfaceDescription = 1;
    private const uint ObsoletePacket = 2;
    private const uint SimplePacket = 3;
    private const uint EnhancedPacket = 6;
    private const uint ByteOrderMagic = 0x1A2B3C4D;
    private const uint ByteOrderMagicSwapped = 0x4D3C2B1A;

    private const int Frame = 8;
    private const int LeastBlock = 12;
    private const int MostInterfaces = 65536;

    private readonly List<PcapngSource> _interfaces = [];
    private PcapngOrder _order;

    public bool TryRead(PcapBuffer file, out PcapFrame frame)
    {
        frame = default;
        while (file.TryPeek(LeastBlock, out var start))
        {
            // A section header says in its own body how its length is to be read.
            if (BinaryPrimitives.ReadUInt32BigEndian(start.Span) == SectionHeader)
                _order = OrderOf(start.Span, file.Position);
            var type = _order.UInt32(start.Span);
            var length = _order.UInt32(start.Span[4..]);
            if (length < LeastBlock || length % 4 != 0)
                throw new PcapException(file.Position, $"a block cannot have {length} bytes: the file is broken here");
            if (type is not (SectionHeader or InterfaceDescription or ObsoletePacket or SimplePacket or EnhancedPacket))
            {
                file.Skip(length);
                continue;
            }

            if (length > file.LongestPiece)
                throw new PcapException(file.Position, $"a block of {length} bytes is not to be believed: the file is broken here");
            if (!file.TryPeek((int)length, out var block))
                return false;
            var trailer = _order.UInt32(block.Span[^4..]);
            if (trailer != length)
                throw new PcapException(file.Position, $"the block's two lengths differ ({length} and {trailer}): the file is broken here");
            var isPacket = TryReadBlock(type, block[Frame..^4], file.Position, out frame);
            file.Skip(length);
            if (isPacket)
                return true;
        }

        return false;
    }

    private bool TryReadBlock(uint type, ReadOnlyMemory<byte> body, long offset, out PcapFrame frame)
    {
        frame = default;
        switch (type)
        {
            case SectionHeader:
                BeginSection(body.Span, offset);
                return false;
            case InterfaceDescription:
                if (_interfaces.Count == MostInterfaces)
                    throw new PcapException(offset, $"more than {MostInterfaces} interfaces: the file is broken here");
                _interfaces.Add(PcapngSource.Read(Need(body, 8, offset).Span, _order));
                return false;
            case SimplePacket:
                frame = ReadSimple(Need(body, 4, offset), offset);
                return true;
            default:
                frame = ReadPacket(Need(body, 20, offset), type == EnhancedPacket, offset);
                return true;
        }
    }

    private void BeginSection(ReadOnlySpan<byte> body, long offset)
    {
        if (body.Length < 16)
            throw new PcapException(offset, "the section header is too short: the file is broken here");
        var major = _order.UInt16(body[4..]);
        if (major != 1)
            throw new PcapException(offset, $"this is pcapng version {major}, not 1");
        _interfaces.Clear();
    }

    // Enhanced: u32 interface, u32 + u32 time, u32 captured, u32 on the wire, bytes. Obsolete: the interface is a u16, with u16 drops.
    private PcapFrame ReadPacket(ReadOnlyMemory<byte> body, bool enhanced, long offset)
    {
        var fields = body.Span;
        var source = Source(enhanced ? _order.UInt32(fields) : _order.UInt16(fields), offset);
        var time = (ulong)_order.UInt32(fields[4..]) << 32 | _order.UInt32(fields[8..]);
        var captured = _order.UInt32(fields[12..]);
        if (captured > body.Length - 20)
            throw new PcapException(offset, $"a packet of {captured} captured bytes does not fit its block: the file is broken here");
        var length = _order.UInt32(fields[16..]);
        return PcapFrame.WithoutFcs(body.Slice(20, (int)captured), length, source.Fcs, source.Clock.Nanoseconds(time), offset);
    }

    // u32 on the wire, bytes: of the section's first interface, at no known time, cut at its snapshot length.
    private PcapFrame ReadSimple(ReadOnlyMemory<byte> body, long offset)
    {
        var source = Source(0, offset);
        var length = _order.UInt32(body.Span);
        var captured = source.SnapLength == 0 ? length : Math.Min(length, source.SnapLength);
        if (captured > body.Length - 4)
            throw new PcapException(offset, $"a packet of {captured} bytes does not fit its block: the file is broken here");
        return PcapFrame.WithoutFcs(body.Slice(4, (int)captured), length, source.Fcs, null, offset);
    }

    // An interface of another kind harms nobody until it has a packet.
    private PcapngSource Source(uint index, long offset)
    {
        if (index >= _interfaces.Count)
            throw new PcapException(offset, $"a packet of interface {index}, which is not described: the file is broken here");
        var source = _interfaces[(int)index];
        LinkTypes.RequireEthernet(source.LinkType, offset, $"a packet of interface {index} has");
        return source;
    }

    private static PcapngOrder OrderOf(ReadOnlySpan<byte> block, long offset) =>
        BinaryPrimitives.ReadUInt32BigEndian(block[Frame..]) switch
        {
            ByteOrderMagic => new PcapngOrder(BigEndian: true),
            ByteOrderMagicSwapped => new PcapngOrder(BigEndian: false),
            var other => throw new PcapException(offset, $"0x{other:x8} is not pcapng's byte-order magic: the file is broken here"),
        };

    private static ReadOnlyMemory<byte> Need(ReadOnlyMemory<byte> body, int size, long offset) => body.Length >= size
        ? body
        : throw new PcapException(offset, "a block is too short for its type: the file is broken here");
}
