namespace QmpRedirector.Net.Interop;

/// <summary>Places of a block, each of which leads to the one behind it.</summary>
/// <param name="first">The address of the first.</param>
/// <param name="block">The claim to a share of the block.</param>
internal unsafe struct BlockRun(nint first, RingClaim block) : IRun
{
    private readonly RingClaim _block = block;

    public byte* Place { get; private set; } = (byte*)first;

    // SAFETY: whoever takes places takes no more than there are; the last one leads nowhere, and is not left.
    public void Advance() => Place += ((tpacket3_hdr*)Place)->tp_next_offset;

    public readonly void ClaimPassed(Span<RingClaim> claims) => claims.Fill(_block);
}
