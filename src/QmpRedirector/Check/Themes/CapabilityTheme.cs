using QmpRedirector.Check.Facts;

namespace QmpRedirector.Check.Themes;

/// <summary>The rights of this process.</summary>
internal static class CapabilityTheme
{
    public static IEnumerable<Finding> Of(CheckContext context)
    {
        if (context.Redirectors.Count > 0 && context.Redirectors.All(static redirector => redirector.PacketFd is not null))
        {
            yield return new Finding(Mark.Ok, "capabilities", "None is needed: each redirector is given its packet socket.");
            yield break;
        }

        if (!context.Host.Has(HostFacts.CapNetRaw))
        {
            yield return new Finding(
                Mark.Fail,
                "capabilities",
                "CAP_NET_RAW is missing: without it there is no packet socket, and nothing is captured.",
                $"Run as root, or grant it: setcap cap_net_raw+ep {Environment.ProcessPath}, or AmbientCapabilities=CAP_NET_RAW in a "
                    + "unit.");
            yield break;
        }

        yield return context.Host.Has(HostFacts.CapNetAdmin)
            ? new Finding(Mark.Ok, "capabilities", "CAP_NET_RAW, to capture; CAP_NET_ADMIN, for a backlog larger than net.core.rmem_max.")
            : new Finding(Mark.Ok, "capabilities", "CAP_NET_RAW, to capture; without CAP_NET_ADMIN net.core.rmem_max limits the backlog.");
    }
}
