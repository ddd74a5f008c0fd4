using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace QmpRedirector.Net.Interop;

/// <summary>The front of vnet_hdr_support=on and the header of nearly every guest, in two stores.</summary>
internal readonly unsafe struct MergeableFront : IFront
{
    private const int Framing = FramingHeader.MaxSize;
    private const int Size = Framing + VnetHeader.MergeableSize;

    public uint Length => Size;

    public bool IsEnoughFor(byte* frame) => true;

    // SAFETY: the caller's. All of the header is read before its place is written.
    public void Write(byte* start, uint captured)
    {
        var lengths = BinaryPrimitives.ReverseEndianness(captured + VnetHeader.MergeableSize)
            | ((ulong)BinaryPrimitives.ReverseEndianness((uint)VnetHeader.MergeableSize) << 32);
        var flagsToCsumStart = Unsafe.ReadUnaligned<ulong>(start + Size - VnetHeader.LegacySize);
        var csumOffset = Unsafe.ReadUnaligned<ushort>(start + Size - sizeof(ushort));
        Vector128.Create(lengths, flagsToCsumStart).Store((ulong*)start);
        Unsafe.WriteUnaligned(start + Framing + sizeof(ulong), (uint)csumOffset); // and num_buffers
    }
}
