using QmpRedirector.Check.Facts;

namespace QmpRedirector.Check.Themes;

/// <summary>The rights of this process.</summary>
internal static class CapabilityTheme
{
    public static IEnumerable<Finding> Of(CheckContext context)
    {
        if (context.Redirectors.Count > 0 && context.Redirectors.All(static redirector => redirector.PacketFds.Count > 0))
        {
            yield return new Finding(Mark.Ok, "capabilities", "None is needed: each redirector is given its packet sockets.");
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

        yield return new Finding(Mark.Ok, "capabilities", "CAP_NET_RAW, to capture.");
    }
}
