using System.Text.RegularExpressions;
using QmpRedirector.SystemTests.Kit;
using QmpRedirector.Testing;

namespace QmpRedirector.SystemTests.RunStates;

/// <summary>vnet_hdr_len=auto: each frame carries the header QEMU keeps for the NIC at that moment.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
internal sealed partial class VnetHeaderLengthTests
{
    private const string Auto = "filter-redirector,id=f0,netdev=net0,queue=tx,outdev=m0,vnet_hdr_support=on,enable_when_stopped=on";

    private GuestImage _image = null!;

    [OneTimeSetUp]
    public async Task The_guest_is_built() => _image = await GuestImage.GetAsync();

    [Test]
    public async Task The_header_grows_with_the_guests_driver_and_shrinks_with_a_reset()
    {
        await using var lab = await Lab.CreateAsync();
        await Tap.CreatePersistentAsync(lab.Namespace, Lab.TapName);
        var qemu = await lab.StartQemuAsync([.. QemuProcess.TapAndNic(Lab.TapName), .. _image.Arguments(lab.PathOf("console")), "-S"]);
        var guest = lab.Own(await GuestConsole.ConnectAsync(lab.PathOf("console")));
        var sidecar = lab.Run("--chardev", lab.ServerChardev("m0", "wait=on"), "--object", Auto);
        var peer = await lab.ConnectPeerAsync("m0", vnetHdrSupport: true);
        await sidecar.ReadyAsync();
        var sender = lab.OpenSender();

        await SendWithAsync(10);
        await qemu.Qmp.ContinueAsync();
        await guest.WaitForBootAsync();
        await SendWithAsync(10, 12);
        await guest.SendAsync("REBOOT");
        // The sidecar must look at once, and again later: the driver is up two seconds after the reset at the earliest.
        await SendWithAsync(10, 12, 10);
        await guest.WaitForBootAsync();
        await SendWithAsync(10, 12, 10, 12);
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(peer.Frames.Select(frame => frame.AnnouncedVnetHeader), Is.EqualTo((uint[])[10, 12, 10, 12]));
            Assert.That(peer.Frames.Select(frame => frame.Payload.Length - Frames.ShortLength), Is.EqualTo((int[])[10, 12, 10, 12]));
            Assert.That(
                peer.Frames.Select(frame => Frames.NumberOf(frame.Payload.AsSpan(frame.Payload.Length - Frames.ShortLength))),
                Is.EqualTo(Enumerable.Range(0, 4)));
            Assert.That(Logged(sidecar), Is.EqualTo((int[])[10, 12, 10, 12]));
        }

        Accounting.Holds(report, sent: 4, peer);

        async Task SendWithAsync(params int[] logged)
        {
            await Eventually.ThatAsync(
                () => Logged(sidecar).SequenceEqual(logged), $"the header's lengths are logged: {string.Join(", ", logged)}");
            sender.SendNumbered(logged.Length - 1, 1);
            await peer.WaitForFramesAsync(logged.Length);
        }
    }

    [Test]
    public async Task An_e1000_has_no_header()
    {
        await using var lab = await Lab.CreateAsync();
        await Tap.CreatePersistentAsync(lab.Namespace, Lab.TapName);
        await lab.StartQemuAsync(
            "-netdev", $"tap,id=net0,ifname={Lab.TapName},script=no,downscript=no,vhost=off", "-device", "e1000,netdev=net0,romfile=");
        var sidecar = lab.Run("--chardev", lab.ServerChardev("m0", "wait=on"), "--object", Auto);
        var peer = await lab.ConnectPeerAsync("m0", vnetHdrSupport: true);
        await sidecar.ReadyAsync();

        lab.OpenSender().SendNumbered(0, 3);
        await peer.WaitForFramesAsync(3);
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();

        Assert.That(peer.Frames.Select(frame => frame.AnnouncedVnetHeader), Is.All.Zero);
        Assert.That(Probe.NumbersWithout(peer), Is.EqualTo((int[])[0, 1, 2]));
        Assert.That(Logged(sidecar), Is.EqualTo((int[])[0]));
        Accounting.Holds(report, sent: 3, peer);
    }

    /// <summary>
    /// On a real QEMU the TAP tells of it too, as its offloads change. Here nothing does but the event, and after it only asking does.
    /// </summary>
    [Test]
    public async Task A_reset_makes_the_length_be_asked_for_until_the_driver_is_up()
    {
        const string nic = "/machine/peripheral/nic0";
        const string device = nic + "/virtio-backend";
        await using var lab = await Lab.CreateAsync();
        await lab.OpenTapAsync();
        await using var vm = FakeVm.StartAt(lab.Monitor);
        vm.Qom.AddObject(nic, "virtio-net-pci").Set(nic, "netdev", "\"net0\"").AddObject(device, "virtio-net-device");
        vm.VirtioStatus[device] = VirtioStatus("VIRTIO_CONFIG_S_DRIVER_OK", "VIRTIO_F_VERSION_1", "VIRTIO_NET_F_MRG_RXBUF");
        var sidecar = lab.Run("--chardev", lab.ServerChardev("m0", "wait=off"), "--object", $"{Auto},ifname={Lab.TapName}");
        await sidecar.ReadyAsync();
        await LogsAsync(12);

        vm.VirtioStatus[device] = VirtioStatus("", "", "");
        await vm.EmitAsync("RESET");
        await LogsAsync(12, 10);
        vm.VirtioStatus[device] = VirtioStatus("VIRTIO_CONFIG_S_DRIVER_OK", "VIRTIO_F_VERSION_1", "VIRTIO_NET_F_HASH_REPORT");
        await LogsAsync(12, 10, 20);
        await sidecar.StopAsync();

        Task LogsAsync(params int[] lengths) => Eventually.ThatAsync(
            () => Logged(sidecar).SequenceEqual(lengths), $"the header's lengths are logged: {string.Join(", ", lengths)}");
    }

    private static string VirtioStatus(string status, string transport, string feature) =>
        $$$"""{"status": {"statuses": ["{{{status}}}"]}, "guest-features": """
        + $$$"""{"transports": ["{{{transport}}}"], "dev-features": ["{{{feature}}}"]}}""";

    private static int[] Logged(Sidecar sidecar) =>
        [.. HeaderLog().Matches(sidecar.Error).Select(match => int.Parse(match.Groups[1].ValueSpan))];

    [GeneratedRegex(@"f0: frames carry (\d+) bytes of virtio-net header")]
    private static partial Regex HeaderLog();
}
