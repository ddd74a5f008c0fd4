using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net.Interop;

/// <summary>
/// What a frame keeps of a ring until <see cref="Release"/>: the slot it is in, or a share of its block. The default value is nothing.
/// </summary>
internal readonly unsafe record struct RingClaim
{
    private const nint OfBlock = 1;

    // The address of the tpacket2_hdr; or that of the RingBlock, and OfBlock. Both are even.
    private readonly nint _what;

    internal RingClaim(tpacket2_hdr* slot) => _what = (nint)slot;

    internal RingClaim(RingBlock* block) => _what = (nint)block | OfBlock;

    internal bool IsOfBlock => (_what & OfBlock) != 0;

    /// <summary>Claims to slots with a status of their own, by their addresses.</summary>
    internal static ReadOnlySpan<RingClaim> ToSlots(ReadOnlySpan<nint> slots) => MemoryMarshal.Cast<nint, RingClaim>(slots);

    /// <summary>Gives the place back to the kernel, or the shares of so many frames; the bytes may change at once.</summary>
    internal void Release(int frames = 1)
    {
        // SAFETY: the place is the user's. All reads and writes of it must be done before the kernel sees the store: a release store.
        if (IsOfBlock)
        {
            var block = (RingBlock*)(_what ^ OfBlock);
            if ((block->Unreleased -= (uint)frames) == 0)
                Volatile.Write(ref Unsafe.AsRef<uint>(&block->Memory->hdr.block_status), TP_STATUS_KERNEL);
        }
        else if (_what != 0)
        {
            Volatile.Write(ref Unsafe.AsRef<uint>(&((tpacket2_hdr*)_what)->tp_status), TP_STATUS_KERNEL);
        }
    }
}
