using QmpRedirector.Check.Facts;
using QmpRedirector.Net;
using QmpRedirector.Net.Interop;
using QmpRedirector.Options;
using QmpRedirector.Qmp;
using QmpRedirector.Running;
using QmpRedirector.Vm;

namespace QmpRedirector.Check;

/// <summary>Looks everything up that the themes judge.</summary>
internal static class CheckSurvey
{
    /// <summary>What the address of <c>--control</c> is called.</summary>
    public const string ControlId = "control";

    /// <exception cref="SidecarException">An address is none a QMP client can connect to.</exception>
    public static async Task<CheckContext> RunAsync(CheckOptions options, ProcFs proc, CancellationToken cancellationToken)
    {
        var host = HostFacts.Read(proc, options.Run.Redirectors);
        var qmp = options.Run.Qmp;
        var redirectors = options.Run.Redirectors.DistinctBy(static redirector => (redirector.Netdev, redirector.Ifname)).ToList();
        List<NetdevFacts> netdevs = [];
        Asked<VmFacts>? vm = null;

        // A connection that was passed on can be negotiated once, which is for run to do.
        if (qmp.Kind != QmpAddressKind.Fd)
        {
            vm = await Asked<VmFacts>.OnceAsync(
                new QmpClientOptions { Address = qmp, OneAtATime = true },
                async client =>
                {
                    var facts = await VmFacts.ReadAsync(client, proc, cancellationToken);
                    foreach (var redirector in redirectors)
                        netdevs.Add(await NetdevFacts.ReadAsync(client, facts.Pid, redirector, proc, cancellationToken));
                    return facts;
                },
                cancellationToken);
        }

        if (vm?.Facts is null)
            netdevs = [.. redirectors.Select(NetdevFacts.Read).OfType<NetdevFacts>()];
        List<ChardevFacts> chardevs = [];
        foreach (var chardev in options.Run.Chardevs)
            chardevs.Add(await ChardevFacts.ReadAsync(chardev, proc, cancellationToken));
        var peer = options.PeerQmp is not { } peerQmp ? null : await Asked<PeerFacts>.OnceAsync(
            new QmpClientOptions { Address = peerQmp, OneAtATime = true },
            client => PeerFacts.ReadAsync(client, cancellationToken),
            cancellationToken);
        return new CheckContext(
            options,
            host,
            vm,
            netdevs,
            chardevs,
            PidFileProblem(options.Run.PidFile),
            options.Run.PcapngFile is { } file ? RecordingPlace.Look(file) : null,
            await ListenerAsync(ControlId, options.Run.Control is { } control ? AddressText.OfStream(control) : null, proc, cancellationToken),
            await ListenerAsync("metrics", options.Run.Metrics, proc, cancellationToken),
            peer);
    }

    // Listened on as a chardev is, so looked at as one.
    private static async Task<ChardevFacts?> ListenerAsync(
        string id, ChardevAddress? address, ProcFs proc, CancellationToken cancellationToken) =>
        address is null ? null : await ChardevFacts.ReadAsync(
            new ChardevOptions(id, address, Server: true, Wait: false, null), proc, cancellationToken);

    private static string? PidFileProblem(string? path) =>
        path is null ? null : Directory.Exists(path) ? "it is a directory" : PathAccess.WhyNotCreate(path);
}
