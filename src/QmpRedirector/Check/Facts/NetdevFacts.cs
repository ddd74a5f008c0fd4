using QmpRedirector.Net;
using QmpRedirector.Options;
using QmpRedirector.Qmp;
using QmpRedirector.Redirectors;
using QmpRedirector.Vm;

namespace QmpRedirector.Check.Facts;

/// <summary>A netdev and its TAP.</summary>
/// <param name="Netdev">QEMU's id of it.</param>
/// <param name="IfnameOption">The redirectors' <c>ifname=</c>; null: found from the netdev.</param>
/// <param name="Resolution">What came of looking for the TAP, and whether it can be captured on.</param>
/// <param name="Link">The interface, when there is one of that name; perhaps no TAP.</param>
/// <param name="Header">What QEMU says of the netdev's vnet header; null when it was not asked.</param>
/// <param name="Holder">What QEMU's process has open; null when there is no TAP or the process is unknown.</param>
internal sealed record NetdevFacts(
    string Netdev, string? IfnameOption, NetdevResolution Resolution, LinkInfo? Link, VnetHeaderLength? Header, TapHolder? Holder)
{
    /// <summary>What findings about it are headed with.</summary>
    public string Name => IfnameOption ?? Netdev;

    /// <summary>The TAP, if it is one that can be captured on.</summary>
    public LinkInfo? Tap => Resolution.Kind == NetdevResolutionKind.Found ? Link : null;

    /// <summary>With QEMU's help.</summary>
    /// <exception cref="QmpException">QMP failed, other than by refusing a command.</exception>
    public static async Task<NetdevFacts> ReadAsync(
        QmpClient client, int? pid, RedirectorOptions redirector, ProcFs proc, CancellationToken cancellationToken)
    {
        var resolution = redirector.Ifname is { } ifname
            ? Given(ifname)
            : await new NetdevResolver(proc).ResolveAsync(client, redirector.Netdev, pid, cancellationToken);
        return Judge(redirector, resolution) with
        {
            Header = await VnetHeaderLengthReader.ReadAsync(client, redirector.Netdev, cancellationToken),
            Holder = resolution.IfName is { } name && pid is { } process ? TapHolder.Read(proc, process, name) : null,
        };
    }

    /// <summary>Without QEMU: only what <c>ifname=</c> names can be looked at.</summary>
    public static NetdevFacts? Read(RedirectorOptions redirector) =>
        redirector.Ifname is { } ifname ? Judge(redirector, Given(ifname)) : null;

    private static NetdevResolution Given(string ifname) => NetdevResolution.Found(ifname, 1, "ifname=");

    private static NetdevFacts Judge(RedirectorOptions redirector, NetdevResolution resolution)
    {
        var link = resolution.IfName is { } name ? LinkTable.Find(name) : null;
        if (resolution.Kind == NetdevResolutionKind.Found && (link is null || link.WhyNotTap is not null))
            resolution = NetdevFollower.Describe(resolution, link);
        return new NetdevFacts(redirector.Netdev, redirector.Ifname, resolution, link, null, null);
    }
}
