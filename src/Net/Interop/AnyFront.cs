using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace QmpRedirector.Net.Interop;

/// <summary>The front for any consumer.</summary>
internal readonly unsafe struct AnyFront(in UsualFrame usual) : IFront
{
    private readonly int _framing = FramingHeader.Size(usual.VnetHeaderSupport);
    private readonly int _vnetLength = usual.VnetHeaderLength;
    private readonly ulong _vnetLengthWord = (ulong)BinaryPrimitives.ReverseEndianness((uint)usual.VnetHeaderLength) << 32;

    public uint Length => (uint)(_framing + _vnetLength);

    // Without a header of its own nobody would finish its checksum or cut it: flags and gso_type.
    public bool IsEnoughFor(byte* frame) => _vnetLength > 0 || Unsafe.ReadUnaligned<ushort>(frame - VnetHeader.LegacySize) == 0;

    // SAFETY: the caller's. The header is read before its place is written.
    public void Write(byte* start, uint captured)
    {
        if (_vnetLength > 0)
            MoveVnetHeader(start + _framing, _vnetLength);
        var payload = BinaryPrimitives.ReverseEndianness(captured + (uint)_vnetLength);
        if (_framing == sizeof(uint))
            Unsafe.WriteUnaligned(start, payload);
        else
            Unsafe.WriteUnaligned(start, payload | _vnetLengthWord);
    }

    /// <summary>Moves the ten bytes of a virtio_net_hdr that stand before a frame to where a longer one begins; the rest of that is 0.</summary>
    private static void MoveVnetHeader(byte* to, int length)
    {
        var legacy = to + length - VnetHeader.LegacySize;
        var flagsToCsumStart = Unsafe.ReadUnaligned<ulong>(legacy);
        var csumOffset = Unsafe.ReadUnaligned<ushort>(legacy + sizeof(ulong));
        Unsafe.WriteUnaligned(to, flagsToCsumStart);
        if (length == VnetHeader.MergeableSize)
        {
            Unsafe.WriteUnaligned(to + sizeof(ulong), (uint)csumOffset); // and num_buffers
            return;
        }

        Unsafe.WriteUnaligned(to + sizeof(ulong), csumOffset);
        for (var i = VnetHeader.LegacySize; i < length; i++)
            to[i] = 0;
    }
}
