using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace QmpRedirector.Net.Interop;

/// <summary>Slots with a status of their own, by a list of their addresses.</summary>
internal unsafe ref struct SlotRun(ReadOnlySpan<nint> slots) : IRun
{
    private ref nint _next = ref MemoryMarshal.GetReference(slots);

    // SAFETY: whoever takes places takes no more than there are addresses.
    public readonly byte* Place => (byte*)_next;

    // SAFETY: as for Place; one behind the last is not read.
    public void Advance() => _next = ref Unsafe.Add(ref _next, 1);

    // SAFETY: as many addresses as there are claims stand before _next.
    public readonly void ClaimPassed(Span<RingClaim> claims) =>
        RingClaim.ToSlots(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Subtract(ref _next, claims.Length), claims.Length)).CopyTo(claims);
}
