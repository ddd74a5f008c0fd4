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
    /// <exception cref="LinuxException">
    /// It cannot be watched: ENOSYS before Linux 5.3, EPERM under an older container's seccomp filter, EMFILE.
    /// </exception>
    public static async Task WaitAsync(int pid, CancellationToken cancellationToken)
    {
        using var descriptor = new SafeFd((int)Libc.syscall(SYS_pidfd_open, pid, 0));
        if (descriptor.IsInvalid)
        {
            // Only ESRCH says that the process is gone. Taken for that, another error would end a capture of a living VM.
            var failure = LinuxException.Last("pidfd_open", $"process {pid}");
            if (failure.Errno == Errno.ESRCH)
                return;
            throw failure;
        }

        using var waiting = new DescriptorThread($"pidfd {pid}", descriptor, () => false);
        await waiting.Completion.WaitAsync(cancellationToken);
    }
}
