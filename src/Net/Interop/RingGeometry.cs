namespace QmpRedirector.Net.Interop;

/// <summary>
/// The shape of a packet ring: blocks of contiguous memory, and in each as many slots of one size as fit. TPACKET_V3 wants slots named too,
/// but packs frames as they come (Documentation/networking/packet_mmap.rst).
/// </summary>
/// <param name="SlotSize">Bytes of a slot, a multiple of TPACKET_ALIGNMENT.</param>
/// <param name="BlockSize">Bytes of a block, a power of two of pages.</param>
/// <param name="Blocks">Number of blocks.</param>
/// <param name="RetireMilliseconds">TPACKET_V3 only: a block with a frame in it is handed over after this time.</param>
internal readonly record struct RingGeometry(int SlotSize, int BlockSize, int Blocks, int RetireMilliseconds = 0)
{
    internal int SlotsPerBlock => BlockSize / SlotSize;

    internal int Slots => SlotsPerBlock * Blocks;

    internal long Bytes => (long)BlockSize * Blocks;
}
