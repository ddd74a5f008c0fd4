using QmpRedirector.Net.Interop;
using QmpRedirector.Options;

namespace QmpRedirector.Running;

/// <summary>What an operator is told of failures that several places meet.</summary>
internal static class Sentences
{
    /// <summary>A redirector's packet socket could not be opened.</summary>
    /// <param name="e">Why.</param>
    /// <param name="options">The redirector's.</param>
    public static string PacketSocket(LinuxException e, RedirectorOptions options) => options.PacketFds.Count > 0
        ? $"--packet-fd {options.Id}={string.Join(" or ", options.PacketFds)}: it cannot capture: {e.Message}; pass a socket made with "
          + "socket(AF_PACKET, SOCK_RAW, 0)."
        : e.IsPermission
        ? "Capturing on a TAP needs the capability CAP_NET_RAW, which this process does not have: run it as root, or grant it "
          + $"(setcap cap_net_raw+ep {Environment.ProcessPath}, or AmbientCapabilities=CAP_NET_RAW in a unit)."
        : $"The packet socket cannot be opened: {e.Message}.";
}
