namespace QmpRedirector.Net.Interop;

/// <summary>Places of a ring, one behind the other in the kernel's order, of which <see cref="SendBatch.QueueUsual"/> takes some.</summary>
internal unsafe interface IRun
{
    /// <summary>Where the next place is, while there is one.</summary>
    byte* Place { get; }

    /// <summary>Goes on to the place behind.</summary>
    void Advance();

    /// <summary>Gives the claims to the places passed, all of them.</summary>
    void ClaimPassed(Span<RingClaim> claims);
}
