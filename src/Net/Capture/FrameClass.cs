using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net;

/// <summary>
/// Frames of about one size, which share a ring whose slots fit them: a slot that held any frame would be 64 KiB and 32 MiB of them no
/// more than 500 frames, while a ring of small ones would cut GSO frames.
/// </summary>
/// <param name="SlotSize">
/// Bytes of a slot. An odd number of cache lines: slots whose size is a power of two begin in the same few sets of a cache, which costs
/// about a third more per frame (docs/PERFORMANCE.md).
/// </param>
/// <param name="Eighths">Its share of the backlog.</param>
/// <param name="BlockSize">Bytes of contiguous memory to ask for at a time, at most.</param>
internal sealed record FrameClass(int SlotSize, int Eighths, int BlockSize)
{
    // Whatever a consumer takes (FrameLimits.MaxLength), and so the 64 KiB of a GSO frame (GSO_LEGACY_MAX_SIZE, linux/netdevice.h).
    private static readonly FrameClass _largest = new(69_824, 4, 1 << 20);

    // Frames of the common MTU, and everything else. A third class for the smallest would hold more of them, but each socket costs the
    // sender of a frame another 0.06 us, and 64-byte frames no less of this process (docs/PERFORMANCE.md).
    private static readonly FrameClass[] _two = [new(1728, 4, 64 << 10), _largest];
    private static readonly FrameClass[] _one = [_largest with { Eighths = 8 }];

    private const int Page = 4096;

    /// <summary>As many classes as there are sockets: each needs its own.</summary>
    internal static IReadOnlyList<FrameClass> ForSockets(int sockets) => sockets == 1 ? _one : _two;

    /// <summary>The number of classes a capture has when it may make its sockets itself.</summary>
    internal static int Most => _two.Length;

    /// <summary>The longest frame whose slot holds all of it.</summary>
    internal int LongestFrame => SlotSize - SlotRing.Overhead;

    /// <summary>The ring for its share of a backlog, and one slot at least.</summary>
    internal RingGeometry RingFor(long backlog)
    {
        var share = backlog / 8 * Eighths;
        var block = BlockSize;
        while (block > share && block / 2 >= SlotSize && block > Page)
            block /= 2;
        return new RingGeometry(SlotSize, block, (int)Math.Max(1, share / block));
    }
}
