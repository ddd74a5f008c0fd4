using QmpRedirector.Benchmarks.Measuring;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.Benchmarks.Engines;

/// <summary>The sidecar, run as a user would, with the same options in every row.</summary>
/// <param name="properties">More properties of its redirector, beginning with a comma.</param>
internal sealed class SidecarEngine(string name, bool restricted = false, string properties = SidecarEngine.Armed) : Engine(name)
{
    /// <summary>QEMU's VM is stopped, so this is what arms it.</summary>
    public const string Armed = ",enable_when_stopped=on";

    /// <summary>What the unit gives it.</summary>
    private static readonly string[] _netRawAlone = ["setpriv", "--inh-caps", "-all,+net_raw", "--bounding-set", "-all,+net_raw"];

    public override async Task<RunningEngine> StartAsync(World world, Traffic traffic)
    {
        var sidecar = await StartAsync(world, restricted, Options(world, 0, 1, properties));
        return new RunningEngine(sidecar.Id, () => StopAsync(sidecar), sidecar);
    }

    /// <summary>`run` with redirectors that all capture on the one TAP and forward to the one reader.</summary>
    /// <param name="monitor">Which of QEMU's.</param>
    public static string[] Options(World world, int monitor, int redirectors, string properties = Armed) =>
    [
        "run", "--qmp", $"unix:{world.MonitorOf(monitor)}",
        .. Enumerable.Range(0, redirectors).SelectMany(i => (string[])
        [
            "-chardev", $"socket,id=m{i},path={world.PeerPath}",
            // The TAP by name, as QEMU's descriptor of it cannot be looked at with CAP_NET_RAW alone.
            "-object", $"filter-redirector,id=f{i},netdev=net0,queue=tx,outdev=m{i},vnet_hdr_support=on,vnet_hdr_len=12,"
                + $"ifname={World.TapName}{properties}",
        ]),
    ];

    public static async Task<Sidecar> StartAsync(World world, bool restricted, string[] options, params string[] wrapper)
    {
        world.Cancellation.ThrowIfCancellationRequested();
        string[] command = [.. Cpus.Pin(Cpus.Engine), .. restricted ? _netRawAlone : [], .. wrapper];
        // The kernel looks at the limit when a socket asks for its buffer, which is before it is ready.
        using var limit = restricted ? KernelLimit.LowerReceiveBuffers() : null;
        var sidecar = world.Lab.Start(options, command);
        await sidecar.ReadyAsync();
        return sidecar;
    }

    private static async Task<EngineAccount> StopAsync(Sidecar sidecar)
    {
        var report = (await sidecar.StopAsync())["f0"];
        Accounting.Balances(report);
        return new EngineAccount(report.KernelDropped, report.Forwarded);
    }
}
