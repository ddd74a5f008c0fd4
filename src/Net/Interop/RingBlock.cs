namespace QmpRedirector.Net.Interop;

/// <summary>A block of a <see cref="BlockRing"/> that is the user's, until the last of its frames is released.</summary>
internal unsafe struct RingBlock
{
    internal tpacket_block_desc* Memory;
    internal uint Unreleased;
}
