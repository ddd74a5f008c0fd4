namespace QmpRedirector.Net.Interop;

/// <summary>
/// The shape of a TPACKET_V2 ring: slots of one size, as many as fit into each block of contiguous memory
/// (Documentation/networking/packet_mmap.rst).
/// </summary>
/// <param name="SlotSize">Bytes of a slot, a multiple of TPACKET_ALIGNMENT.</param>
/// <param name="BlockSize">Bytes of a block, a power of two of pages.</param>
/// <param name="Blocks">Number of blocks.</param>
internal readonly record struct RingGeometry(int SlotSize, int BlockSize, int Blocks)
{
    internal int SlotsPerBlock => BlockSize / SlotSize;

    internal int Slots => SlotsPerBlock * Blocks;

    internal long Bytes => (long)BlockSize * Blocks;
}
