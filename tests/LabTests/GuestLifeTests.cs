using System.Text.Json.Nodes;
using QmpRedirector.SystemTests.Kit;
using QmpRedirector.SystemTests.RunStates;

namespace QmpRedirector.LabTests;

/// <summary>The capture across what happens to a guest and its NIC, from one vhost to the next.</summary>
[TestFixture]
internal sealed class GuestLifeTests
{
    private VhostGuest _guest = null!;

    [OneTimeSetUp]
    public async Task The_guest_boots_and_vhost_starts() => _guest = await VhostGuest.BootAsync();

    [OneTimeTearDown]
    public async Task The_guest_ends()
    {
        if (_guest is not null) await _guest.DisposeAsync();
    }

    [TearDown]
    public Task No_sidecar_is_left() => _guest.Lab.EndSidecarsAsync();

    [Test]
    public Task A_guest_that_is_reset_is_forwarded_again_with_the_header_it_negotiates_then() => ForwardsBeforeAndAfterAsync(
        async sidecar =>
        {
            var mark = sidecar.Error.Length;
            await _guest.Qemu.Qmp.ExecuteAsync("system_reset");
            await sidecar.WaitForLogAsync("frames carry 10 bytes", mark);
            await _guest.Console.WaitForBootAsync();
            await sidecar.WaitForLogAsync("frames carry 12 bytes", mark);
        });

    [Test]
    public Task A_NIC_unplugged_and_plugged_again_by_QMP_is_forwarded_again() => ForwardsBeforeAndAfterAsync(
        async sidecar =>
        {
            var mark = sidecar.Error.Length;
            await _guest.Qemu.Qmp.ExecuteAsync("device_del", new JsonObject { ["id"] = "nic0" });
            await _guest.Qemu.Qmp.WaitForEventAsync("DEVICE_DELETED");
            await _guest.Qemu.Qmp.ExecuteAsync("netdev_del", new JsonObject { ["id"] = "net0" });
            await sidecar.WaitForLogAsync("QEMU has no netdev 'net0'", mark);

            await _guest.Qemu.Qmp.ExecuteAsync("netdev_add", new JsonObject
            {
                ["type"] = "tap", ["id"] = "net0", ["ifname"] = Lab.TapName, ["script"] = "no", ["downscript"] = "no", ["vhost"] = true,
            });
            await _guest.Qemu.Qmp.ExecuteAsync("device_add", new JsonObject
            {
                ["driver"] = "virtio-net-pci", ["id"] = "nic0", ["netdev"] = "net0", ["mac"] = VhostGuest.Mac, ["romfile"] = "",
            });
            await sidecar.WaitForLogAsync("armed on tap0", mark);
            await _guest.HasVhostAsync();
            // The guest's capture was of the NIC that is gone.
            await _guest.ShellAsync("killall capture; ip link set eth0 up && for port in /dev/vport*p1; do /capture eth0 > $port; done");
            await sidecar.WaitForLogAsync("frames carry 12 bytes", mark);
        });

    private async Task ForwardsBeforeAndAfterAsync(Func<Sidecar, Task> happening)
    {
        await _guest.HasVhostAsync();
        var forwarding = await Forwarding.StartAsync(_guest);
        var (guest, forwarded) = await forwarding.BetweenMarksAsync(async () =>
        {
            forwarding.SendNumbered(0, 10);
            await Eventually.ThatAsync(
                () => Forwarding.NumbersOf(_guest.Received.Frames).LastOrDefault() == 9, "the guest has what was sent before");
            await happening(forwarding.Sidecar);
            await _guest.HasVhostAsync();
            forwarding.OpenSenderAnew();
            await forwarding.UntilReceivedAsync();
            forwarding.SendNumbered(10, 10);
        });

        Assert.That(Forwarding.NumbersOf(forwarded), Is.EqualTo(Enumerable.Range(0, 20)));
        Assert.That(Forwarding.NumbersOf(guest), Is.EqualTo(Enumerable.Range(0, 20)));
    }
}
