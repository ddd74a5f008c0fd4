using System.Globalization;
using Microsoft.Win32.SafeHandles;
using QmpRedirector.SystemTests.Interop;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.RunStates;

/// <summary>What is no TAP is refused by its name, not captured wrongly.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
internal sealed class RefusedNetdevTests
{
    [TestCase("user")]
    [TestCase("hubport,hubid=0")]
    public async Task A_netdev_without_a_TAP_is_refused_by_its_type(string netdev)
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuAsync("-netdev", $"{netdev},id=net0", "-device", "virtio-net-pci,netdev=net0,romfile=");

        await IsRefusedAsync(lab, "", $"'net0' is of type '{netdev.Split(',')[0]}'");
    }

    [Test]
    public async Task A_TUN_device_is_refused()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.Namespace.ExecAsync("ip", "tuntap", "add", "dev", "tun0", "mode", "tun");
        await lab.StartQemuWithTapAsync();

        await IsRefusedAsync(lab, ",ifname=tun0", "'tun0' is a TUN device");
    }

    [Test]
    public async Task A_macvtap_named_by_ifname_is_refused()
    {
        await using var lab = await Lab.CreateAsync();
        await CreateMacvtapAsync(lab);
        await lab.StartQemuWithTapAsync();

        await IsRefusedAsync(lab, ",ifname=mv0", "'mv0' is a macvtap device");
    }

    /// <summary>As libvirt's type='direct' does it: QEMU gets the open character device.</summary>
    [Test]
    public async Task A_macvtap_passed_to_QEMU_is_refused()
    {
        await using var lab = await Lab.CreateAsync();
        await CreateMacvtapAsync(lab);
        var index = await lab.Namespace.ExecAsync("cat", "/sys/class/net/mv0/ifindex");
        var numbers = (await lab.Namespace.ExecAsync("sh", "-c", "cat /sys/class/net/mv0/macvtap/tap*/dev")).Trim().Split(':');
        // Where there is no udev nobody makes the node.
        var node = $"/dev/tap{int.Parse(index, CultureInfo.InvariantCulture)}";
        var made = !File.Exists(node);
        if (made) await CapturedProcess.RunAsync("mknod", node, "c", numbers[0], numbers[1]);
        SafeFileHandle file;
        try
        {
            const int flags = Linux.OpenReadWrite | Linux.OpenNonBlocking;
            file = lab.Own(lab.Namespace.Run(() => LibC.Check(LibC.Open(node, flags), $"open {node}")));
        }
        finally
        {
            if (made) File.Delete(node);
        }

        await lab.StartQemuAsync(
            "-netdev", $"tap,id=net0,fd={file.DangerousGetHandle()}", "-device", "virtio-net-pci,netdev=net0,romfile=");

        await IsRefusedAsync(lab, "", "macvtap");
    }

    private static async Task CreateMacvtapAsync(Lab lab)
    {
        await lab.Namespace.ExecAsync("ip", "link", "add", "veth0", "type", "veth", "peer", "name", "veth1");
        await lab.Namespace.ExecAsync("ip", "link", "add", "link", "veth0", "name", "mv0", "type", "macvtap", "mode", "bridge");
        await lab.Namespace.ExecAsync("ip", "link", "set", "mv0", "up");
    }

    private static async Task IsRefusedAsync(Lab lab, string properties, string sentence)
    {
        var sidecar = lab.Run("--chardev", lab.ServerChardev("m0", "wait=off"), "--object", Capture.Redirector("f0", "m0", properties));

        Assert.That(await sidecar.WaitForExitAsync(), Is.EqualTo(1), sidecar.Error);
        Assert.That(sidecar.ErrorLines[^1], Does.Contain(sentence));
        Assert.That(sidecar.IsReady, Is.False);
    }
}
