using System.Runtime.Intrinsics.X86;

namespace QmpRedirector.Net.Interop;

/// <summary>Asks for memory before it is needed: a ring's was written by the kernel on another processor.</summary>
internal static unsafe class CacheLines
{
    private const int Length = 64;

    // SAFETY: prefetching cannot fault, wherever the address leads.
    internal static void PrefetchThree(byte* address)
    {
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch0(address);
        Sse.Prefetch0(address + Length);
        Sse.Prefetch0(address + (2 * Length));
    }
}
