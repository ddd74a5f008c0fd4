using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.Install;

/// <summary>What is not as usual: a monitor that is not there, a wrong configuration, a NIC that leaves, another user.</summary>
internal sealed partial class LibvirtTests
{
    [Test]
    public async Task A_sidecar_that_does_not_find_QEMU_waits_and_ends_when_the_guest_leaves()
    {
        var earlier = _a.SidecarLog.Length;
        const string absent = "unix:/run/qmp-redirector/qemu/absent";
        await _a.VirshAsync("create", Write(Guest, WithMetadata("xmlns:qr", $"qmp='{absent}' xmlns:qr")));
        using var peer = await _listener.AcceptAsync();
        await Eventually.ThatAsync(
            () => _a.SidecarLog[earlier..].Contains($"Waiting for QEMU to listen at {absent}", StringComparison.Ordinal), "it waits");
        Assert.That(await _a.UnitAsync(Unit, "ActiveState"), Is.EqualTo("activating"));
        var config = await File.ReadAllTextAsync(_a.PathOf($"/run/qmp-redirector/{Guest}.json"));
        Assert.That(config, Does.Contain("\"qmp-timeout\": 0"), "for ever");

        await _a.VirshAsync("migrate", "--live", Guest, _b.LibvirtUri, "--migrateuri", "unix:/run/lab/migration");

        await _a.UnitIsAsync(Unit, "inactive");
        await peer.WaitForEndAsync();
        await _b.UnitIsAsync(Unit, "activating");
        await _b.VirshAsync("destroy", Guest);
        await _b.UnitIsAsync(Unit, "inactive");
        Assert.That((FilesOf(_a), FilesOf(_b)), Is.EqualTo((new[] { "qemu" }, new[] { "qemu" })), "what is left in /run/qmp-redirector");
    }

    [Test]
    public async Task A_sidecar_that_cannot_run_is_given_up_and_a_guest_that_was_mended_has_one_at_once()
    {
        const string own = $"path=/run/qmp-redirector/{Guest}/m0,server=on,wait=off";
        var wrong = WithMetadata("netdev=hostnet0", "netdev=hostnet9")
            .Replace($"path=/run/lab/{TestDomain.Chardev}", own, StringComparison.Ordinal);
        await _a.VirshAsync("create", Write(Guest, wrong));
        await _a.UnitIsAsync(Unit, "failed");
        await _a.VirshAsync("destroy", Guest);

        using var peer = await StartGuestAsync();

        await ForwardAsync(_a, peer, 0, 10);
    }

    [Test]
    public async Task A_NIC_that_is_plugged_again_has_a_sidecar_once_libvirtd_was_restarted()
    {
        using (var peer = await StartGuestAsync(TestDomain.UsbNic))
        {
            await ForwardAsync(_a, peer, 0, 10);
            await _a.VirshAsync("detach-interface", Guest, "ethernet");
            await _a.UnitIsAsync(Unit, "inactive");
            await peer.WaitForEndAsync();
            Assert.That(_a.SidecarLog.Split("Ending: ")[^1], Does.StartWith("the TAP is gone"));
        }

        await _a.VirshAsync("attach-device", Guest, Write("nic", TestDomain.UsbNic));
        Assert.That(await _a.UnitAsync(Unit, "ActiveState"), Is.EqualTo("inactive"), "libvirt calls no hook");
        await RestartLibvirtdAsync();

        using var again = await _listener.AcceptAsync();
        await _a.UnitIsAsync(Unit, "active");
        await ForwardAsync(_a, again, 10, 10);
    }
    [Test]
    public async Task The_VM_s_user_is_named_by_a_drop_in_alone()
    {
        var dropIn = _a.PathOf("/run/units/qmp-redirector@.service.d/user.conf");
        await File.WriteAllTextAsync(dropIn, "[Service]\nUser=daemon\n");
        try
        {
            await _a.RunAsync("systemctl", "daemon-reload");
            await QemusAreAsync("daemon");

            using var peer = await StartGuestAsync();

            var status = await _a.ProcessStatusAsync(await _a.UnitAsync(Unit, "MainPID"));
            Assert.That(status["Uid"].Split('\t')[0], Is.EqualTo((await _a.RunAsync("id", "-u", "daemon")).Trim()));
            await ForwardAsync(_a, peer, 0, 10);
            await _a.VirshAsync("destroy", Guest);
        }
        finally
        {
            File.Delete(dropIn);
            await _a.RunAsync("systemctl", "daemon-reload");
            await QemusAreAsync("libvirt-qemu");
        }

        async Task QemusAreAsync(string user)
        {
            await _a.RunAsync("sed", "-i", $"s/^user = .*/user = \"{user}\"/", "/etc/libvirt/qemu.conf");
            await _a.RunAsync("systemctl", "restart", "libvirtd");
            await _a.LibvirtdAnswersAsync();
        }
    }
}
