using QmpRedirector.Benchmarks.Measuring;

namespace QmpRedirector.Benchmarks.Engines;

/// <summary>
/// QEMU's own filter-mirror on a netdev with vhost=off: its main loop reads the TAP, mirrors, and passes on to a hub on which nobody
/// listens. A guest's part is left out, and there is no machine at all, so the process's CPU is the netdev's and the filter's.
/// </summary>
internal sealed class MirrorEngine() : Engine("QEMU filter-mirror, vhost=off")
{
    public override string TapName => "tap1";

    public override async Task<RunningEngine> StartAsync(World world, Traffic traffic)
    {
        var lab = world.Lab;
        var tap = await lab.OpenTapAsync(TapName, vnetHeaderLength: 10, inheritable: true);
        var qemu = await BareQemu.StartAsync(
            world, Cpus.Engine,
            [
                "-netdev", $"tap,id=net0,fd={tap.Descriptor}", .. BareQemu.Sink("net0"),
                "-chardev", $"socket,id=m0,path={world.PeerPath}",
                "-object", "filter-mirror,id=f0,netdev=net0,queue=tx,outdev=m0,vnet_hdr_support=on",
            ]);
        tap.TurnOffloadsOn();
        return new RunningEngine(
            qemu.Id,
            async () =>
            {
                var dropped = (await tap.CountersAsync()).TxDropped;
                await qemu.DisposeAsync();
                tap.Dispose();
                return new EngineAccount(dropped);
            },
            qemu);
    }
}
