using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.RunStates;

/// <summary>QMP over TCP, and over a connection that was made before the sidecar started.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
internal sealed class QmpTransportTests
{
    /// <summary>Each test has a namespace of its own, and so all ports.</summary>
    private const int Port = 4444;

    [Test]
    public async Task A_VM_is_followed_over_TCP()
    {
        await using var lab = await Lab.CreateAsync();
        var qemu = await StartQemuAsync(lab);
        var sidecar = lab.Start(Arguments(lab, $"tcp:127.0.0.1:{Port}"));

        var peer = await FollowsAsync(lab, qemu, sidecar);
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();

        Accounting.Holds(report, sent: 20, peer);
    }

    [Test]
    public async Task A_VM_is_followed_over_an_inherited_connection_until_QEMU_ends()
    {
        await using var lab = await Lab.CreateAsync();
        var qemu = await StartQemuAsync(lab);
        // bash opens the connection and becomes the sidecar, which finds it as descriptor 5.
        var sidecar = lab.Start(
            Arguments(lab, "fd:5"), "bash", "-c", $"exec 5<>/dev/tcp/127.0.0.1/{Port}; exec \"$0\" \"$@\"");

        var peer = await FollowsAsync(lab, qemu, sidecar);
        await qemu.KillAsync();

        Assert.That(await sidecar.WaitForExitAsync(), Is.Zero, sidecar.Error);
        await peer.WaitForEndAsync();
        Assert.That(sidecar.Error, Does.Contain("its monitor's descriptor cannot be opened again"));
        Accounting.Holds(sidecar.Reports()["f0"], sent: 20, peer);
    }

    /// <summary>Forwards 20 frames sent while the VM runs, ten before and ten after a time in which it does not.</summary>
    private static async Task<ChardevPeer> FollowsAsync(Lab lab, QemuProcess qemu, Sidecar sidecar)
    {
        var peer = await lab.ConnectPeerAsync("m0");
        await sidecar.ReadyAsync();
        var sender = lab.OpenSender();

        sender.SendNumbered(0, 10);
        await qemu.Qmp.StopAsync();
        await sidecar.WaitForRunStateAsync("paused");
        sender.SendNumbered(1000, 10);
        await qemu.Qmp.ContinueAsync();
        await sidecar.WaitForRunStateAsync("running", cause: "RESUME event");
        sender.SendNumbered(10, 10);
        await peer.WaitForFramesAsync(20);
        Assert.That(Probe.NumbersWithout(peer), Is.EqualTo(Enumerable.Range(0, 20)));
        return peer;
    }

    private static Task<QemuProcess> StartQemuAsync(Lab lab) =>
        lab.StartQemuWithTapAsync("-qmp", $"tcp:127.0.0.1:{Port},server=on,wait=off");

    private static string[] Arguments(Lab lab, string qmp) =>
        ["run", "--qmp", qmp, "--chardev", lab.ServerChardev("m0", "wait=on"), "--object", Capture.Redirector("f0", "m0")];
}
