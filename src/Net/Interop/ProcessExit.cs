namespace QmpRedirector.Net.Interop;

/// <summary>Waits for the end of a process that is not a child of this one. See pidfd_open(2).</summary>
public static class ProcessExit
{
    // asm-generic/unistd.h; glibc has a wrapper only since 2.36.
    private const int SYS_pidfd_open = 434;

    /// <summary>Whether the kernel has pidfd_open(2), which it has since 5.3 and a sandbox may forbid.</summary>
    public static bool IsSupported
    {
        get
        {
            using var self = new SafeFd((int)Libc.syscall(SYS_pidfd_open, Environment.ProcessId, 0));
            return !self.IsInvalid;
        }
    }

    /// <summary>Completes when process <paramref name="pid"/> has ended, at once if there is none.</summary>
    public static async Task WaitAsync(int pid, CancellationToken cancellationToken)
    {
        using var descriptor = new SafeFd((int)Libc.syscall(SYS_pidfd_open, pid, 0));
        if (descriptor.IsInvalid)
            return;
        using var waiting = new DescriptorThread($"pidfd {pid}", descriptor, () => false);
        await waiting.Completion.WaitAsync(cancellationToken);
    }
}
