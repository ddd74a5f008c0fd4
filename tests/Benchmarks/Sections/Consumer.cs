using QmpRedirector.Benchmarks.Engines;
using QmpRedirector.Benchmarks.Measuring;

namespace QmpRedirector.Benchmarks.Sections;

/// <summary>A real QEMU as the reader: how many frames its filter-redirector takes, and what they cost both.</summary>
internal static class Consumer
{
    public static async Task<IReadOnlyList<ConsumerResult>> MeasureAsync(World world)
    {
        var results = new List<ConsumerResult>();
        foreach (var traffic in (Traffic[])[Traffic.Small, Traffic.Full])
        {
            var samples = new List<ConsumerSample>();
            for (var repeat = 0; repeat < world.Settings.Repeats; repeat++)
            {
                Progress.Tell($"{traffic.Name} into QEMU's filter-redirector ({repeat + 1} of {world.Settings.Repeats})");
                samples.Add(await MeasureAsync(world, traffic));
            }

            results.Add(new ConsumerResult(traffic, samples));
        }

        return results;
    }

    private static async Task<ConsumerSample> MeasureAsync(World world, Traffic traffic)
    {
        // A new one each time: QEMU reads only the first connection of an indev. On both CPUs, as it is what limits.
        await using var qemu = await BareQemu.StartAsync(
            world, cpu: null,
            [
                "-netdev", "hubport,id=net0,hubid=1", .. BareQemu.Sink("net0"),
                "-chardev", $"socket,id=in0,path={world.PeerPath},server=on,wait=off",
                "-object", "filter-redirector,id=r0,netdev=net0,queue=tx,indev=in0,vnet_hdr_support=on",
            ]);
        await using var sidecar = await SidecarEngine.StartAsync(world, restricted: false, SidecarEngine.Options(world, 0, 1));
        var (sidecarBefore, qemuBefore) = (ProcessCpu.Nanoseconds(sidecar.Id), ProcessCpu.Nanoseconds(qemu.Id));
        var sending = await world.SendAsync(traffic, world.Settings.Seconds);
        await world.SettleAsync(sidecar.Id, qemu.Id);
        var (sidecarCpu, qemuCpu) = (ProcessCpu.Nanoseconds(sidecar.Id) - sidecarBefore, ProcessCpu.Nanoseconds(qemu.Id) - qemuBefore);
        var report = (await sidecar.StopAsync())["f0"];
        Assert.That(report.Forwarded, Is.Positive, $"frames QEMU took: {report}");
        return new ConsumerSample(
            sending.Frames / sending.Seconds, report.Forwarded / sending.Seconds, (double)report.KernelDropped / sending.Frames,
            sidecarCpu / 1e3 / report.Forwarded, qemuCpu / 1e3 / report.Forwarded);
    }
}
