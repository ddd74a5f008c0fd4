using QmpRedirector.Check.Facts;
using QmpRedirector.Net;
using QmpRedirector.Options;

namespace QmpRedirector.Check;

/// <summary>Everything that was looked up before anything is judged, so that QEMU's monitor is free again by then.</summary>
/// <param name="Options">What was given.</param>
/// <param name="Host">The kernel and this process.</param>
/// <param name="Vm">QEMU; null when it was not asked.</param>
/// <param name="Netdevs">One for each netdev and <c>ifname=</c> of the redirectors; those that could not be looked at are missing.</param>
/// <param name="Chardevs">One for each chardev.</param>
/// <param name="PidFileProblem">Why the file of <c>--pid</c> could not be written; null when it could, or there is none.</param>
/// <param name="Recording">The place of <c>--pcapng</c>; null without it.</param>
/// <param name="Control">The address of <c>--control</c>, looked at as a chardev's is; null without it.</param>
/// <param name="Metrics">The same of <c>--metrics</c>.</param>
/// <param name="Peer">The consumer's QEMU; null without <c>--peer-qmp</c>.</param>
internal sealed record CheckContext(
    CheckOptions Options,
    HostFacts Host,
    Asked<VmFacts>? Vm,
    IReadOnlyList<NetdevFacts> Netdevs,
    IReadOnlyList<ChardevFacts> Chardevs,
    string? PidFileProblem,
    RecordingPlace? Recording,
    ChardevFacts? Control,
    ChardevFacts? Metrics,
    Asked<PeerFacts>? Peer)
{
    public IReadOnlyList<RedirectorOptions> Redirectors => Options.Run.Redirectors;

    /// <summary>What is known of a redirector's netdev; null when it could not be looked at.</summary>
    public NetdevFacts? NetdevOf(RedirectorOptions redirector) =>
        Netdevs.FirstOrDefault(netdev => netdev.Netdev == redirector.Netdev && netdev.IfnameOption == redirector.Ifname);

    /// <summary>The chardev a redirector writes to.</summary>
    public ChardevFacts? OutdevOf(RedirectorOptions redirector) =>
        Chardevs.FirstOrDefault(chardev => chardev.Options.Id == redirector.Outdev);

    public IEnumerable<RedirectorOptions> RedirectorsOf(NetdevFacts netdev) =>
        Redirectors.Where(redirector => NetdevOf(redirector) == netdev);
}
