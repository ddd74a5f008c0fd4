using QmpRedirector.Benchmarks.Measuring;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.Benchmarks.Engines;

/// <summary>A QEMU without a machine: netdevs, filters and its main loop alone, running.</summary>
internal static class BareQemu
{
    /// <param name="cpu">Where it runs; null for anywhere.</param>
    public static async Task<QemuProcess> StartAsync(World world, int? cpu, string[] arguments)
    {
        world.Cancellation.ThrowIfCancellationRequested();
        var lab = world.Lab;
        var qemu = lab.Own(await QemuProcess.StartAsync(
            lab.Namespace, lab.PathOf("bare0"), lab.PathOf("bare1"), ["-machine", "none", .. arguments]));
        if (cpu is { } number) await Cpus.MoveAsync(qemu.Id, number);
        return qemu;
    }

    /// <summary>
    /// A peer for a netdev, which takes all it is given: a hub with a second port that leads nowhere. Without the second port, or in a
    /// stopped VM, QEMU would stop reading the netdev.
    /// </summary>
    public static string[] Sink(string netdev) =>
        ["-netdev", $"hubport,id=hub0,hubid=0,netdev={netdev}", "-netdev", "hubport,id=hub1,hubid=0"];
}
