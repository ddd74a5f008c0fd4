using System.Runtime.InteropServices;

namespace QmpRedirector.Net.Interop;

/// <summary>Waits for what the kernel's senders have begun.</summary>
internal static class GracePeriod
{
    // linux/membarrier.h.
    private const int MEMBARRIER_CMD_GLOBAL = 1;

    /// <summary>
    /// Returns when every frame that was on its way past the tap point is through: dev_queue_xmit_nit (net/core/dev.c) stamps a frame and
    /// gives it to each packet socket within one RCU read-side critical section, and membarrier(2) waits for all that are open (kernel/
    /// sched/membarrier.c: synchronize_rcu), some milliseconds. False where the kernel does not: with nohz_full, or an older one. (With a
    /// single processor it returns at once: then no sender is halfway through, unless the kernel lets one lose the processor there, as
    /// PREEMPT_RT does.)
    /// </summary>
    internal static bool TryWait() => SystemCall is { } number && Libc.syscall(number, MEMBARRIER_CMD_GLOBAL, 0) == 0;

    // glibc has no wrapper, and the number is each architecture's own (asm/unistd.h).
    private const int OnX64 = 324;
    private const int OnArm64 = 283;

    private static int? SystemCall => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => OnX64,
        Architecture.Arm64 => OnArm64,
        _ => null,
    };
}
