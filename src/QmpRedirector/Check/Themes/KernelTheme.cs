using QmpRedirector.Check.Facts;

namespace QmpRedirector.Check.Themes;

/// <summary>The kernel: each socket option of a capture, tried on a packet socket of its own.</summary>
internal static class KernelTheme
{
    public static IEnumerable<Finding> Of(CheckContext context)
    {
        var host = context.Host;
        var release = $"Linux {host.KernelRelease ?? "of unknown release"}";
        var support = host.Capture;
        if (support.Refused.Count > 0 && !host.Has(HostFacts.CapNetRaw))
            yield return new Finding(Mark.Warn, "kernel", $"{release}: its packet sockets cannot be tried without CAP_NET_RAW.");
        else if (support.Refused.Count > 0)
        {
            yield return new Finding(
                Mark.Fail,
                "kernel",
                $"{release} refuses what a capture needs: {string.Join("; ", support.Refused.Select(static refused => refused.Message))}.",
                "If this is a container or a unit with a system call filter, allow AF_PACKET sockets and setsockopt; in a user namespace, "
                + "the network namespace must belong to it.");
        }
        else
        {
            yield return new Finding(
                Mark.Ok,
                "kernel",
                $"{release}: a packet socket takes {string.Join(", ", support.Accepted)}{(host.HasPidfd ? "; pidfd_open works" : "")} "
                    + "(each tried).");
        }

        if (!host.HasPidfd)
        {
            yield return new Finding(
                Mark.Warn,
                "pidfd_open",
                "The kernel refuses pidfd_open: the end of QEMU is noticed by its QMP connection only, so a lost connection looks like a "
                + "QEMU that ended.",
                "Use Linux 5.3 or newer, and allow pidfd_open where system calls are filtered.");
        }
    }
}
