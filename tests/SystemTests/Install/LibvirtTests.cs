using System.Globalization;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.Install;

/// <summary>
/// Debian's libvirtd with the hook, systemd with the unit, and the sidecar in the unit's sandbox, on two hosts. In the tests a system call
/// outside the unit's filter ends the sidecar, so whatever passes here passes the filter.
/// </summary>
[NonParallelizable]
internal sealed partial class LibvirtTests
{
    private const string Guest = "vm-1";
    private const string Unit = "qmp-redirector@vm-1.service";
    private const int CapNetRaw = 1 << 13;

    private readonly List<NetworkNamespace> _namespaces = [];
    private string _lab = "";
    private Host _a = null!;
    private Host _b = null!;
    private ChardevListener _listener = null!;

    [OneTimeSetUp]
    public async Task Two_hosts_with_libvirtd()
    {
        string[] programs =
            ["/usr/sbin/libvirtd", "/usr/bin/virsh", "/usr/bin/virt-qemu-qmp-proxy", "/usr/lib/systemd/systemd", "/usr/bin/python3"];
        foreach (var program in programs)
            Assert.That(program, Does.Exist, "needs libvirt, libvirt-clients-qemu, systemd and python3 (scripts/test.sh)");
        _namespaces.AddRange([await NetworkNamespace.CreateAsync(), await NetworkNamespace.CreateAsync()]);
        _lab = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), _namespaces[0].Name)).FullName;
        // QEMU, which is not root, makes the migration's socket here.
        File.SetUnixFileMode(_lab, (UnixFileMode)0b111_111_111);
        var hosts = await Task.WhenAll(Host.StartAsync(_namespaces[0], _lab, "a", 1), Host.StartAsync(_namespaces[1], _lab, "b", 2));
        (_a, _b) = (hosts[0], hosts[1]);
    }

    [OneTimeTearDown]
    public async Task Take_down()
    {
        foreach (var host in (Host?[])[_a, _b])
        {
            if (host is not null) await host.DisposeAsync();
        }

        foreach (var ns in _namespaces) await ns.DisposeAsync();
        if (_lab.Length > 0) Directory.Delete(_lab, recursive: true);
    }

    [SetUp]
    public void Listen()
    {
        var path = Path.Combine(_lab, TestDomain.Chardev);
        File.Delete(path);
        _listener = new ChardevListener(path);
        // The sidecar is not root.
        File.SetUnixFileMode(path, (UnixFileMode)0b110_110_110);
    }

    [TearDown]
    public async Task Destroy()
    {
        _listener.Dispose();
        foreach (var host in (Host[])[_a, _b])
        {
            foreach (var name in (await host.VirshAsync("list", "--name")).Split('\n', StringSplitOptions.RemoveEmptyEntries))
                await host.VirshAsync("destroy", name.Trim());
            await host.RunAsync("systemctl", "reset-failed");
            await host.UnitIsAsync(Unit, "inactive");
        }
    }

    [Test]
    public async Task A_guest_s_start_starts_its_sidecar_and_its_end_ends_it()
    {
        var earlier = _a.SidecarLog.Length;
        using var peer = await StartGuestAsync();
        await ForwardAsync(_a, peer, 0, 300);
        var named = $@"f0: TAP {await TapAsync(_a)}, interface \d+ \(ifname=\)";
        Assert.That(_a.SidecarLog[earlier..], Does.Match(named), "the hook has named it");

        await _a.VirshAsync("destroy", Guest);

        await _a.UnitIsAsync(Unit, "inactive");
        await peer.WaitForEndAsync();
        Assert.That(await _a.UnitAsync(Unit, "Result"), Is.EqualTo("success"));
        Assert.That(peer.Frames, Has.Count.EqualTo(300));
        Assert.That(_a.SidecarLog, Does.Contain("identities=ok"));
        Assert.That(FilesOf(_a), Is.EqualTo(new[] { "qemu" }), "what is left in /run/qmp-redirector");
    }

    [Test]
    public async Task The_sidecar_is_the_VM_s_user_with_CAP_NET_RAW_alone_under_a_filter()
    {
        using var peer = await StartGuestAsync();

        var status = await _a.ProcessStatusAsync(await _a.UnitAsync(Unit, "MainPID"));
        var qemu = await _a.ProcessStatusAsync((await _a.RunAsync("cat", $"/run/libvirt/qemu/{Guest}.pid")).Trim());

        using (Assert.EnterMultipleScope())
        {
            Assert.That(status["Uid"], Is.EqualTo(qemu["Uid"]));
            Assert.That(status["Uid"].Split('\t'), Has.None.EqualTo("0"));
            foreach (var set in (string[])["CapPrm", "CapEff", "CapBnd", "CapAmb"])
                Assert.That(Convert.ToInt64(status[set], 16), Is.EqualTo(CapNetRaw), set);
            Assert.That(status["NoNewPrivs"], Is.EqualTo("1"));
            Assert.That(status["Seccomp"], Is.EqualTo("2"));
        }
    }

    [Test]
    public async Task A_saved_guest_has_no_sidecar_and_a_restored_one_has()
    {
        using (var peer = await StartGuestAsync())
        {
            await ForwardAsync(_a, peer, 0, 10);
            await _a.VirshAsync("save", Guest, "/run/lab/saved");
            await _a.UnitIsAsync(Unit, "inactive");
            await peer.WaitForEndAsync();
        }

        await _a.VirshAsync("restore", "/run/lab/saved");

        using var again = await _listener.AcceptAsync();
        await _a.UnitIsAsync(Unit, "active");
        await ForwardAsync(_a, again, 10, 10);
    }

    [Test]
    public async Task A_restart_of_libvirtd_leaves_the_sidecar_alone_and_starts_one_that_is_missing()
    {
        using var peer = await StartGuestAsync();
        var before = await _a.UnitAsync(Unit, "MainPID");

        await RestartLibvirtdAsync();
        Assert.That(await _a.UnitAsync(Unit, "MainPID"), Is.EqualTo(before));
        await ForwardAsync(_a, peer, 0, 10);
        await _a.RunAsync("systemctl", "stop", Unit);
        await RestartLibvirtdAsync();

        using var again = await _listener.AcceptAsync();
        await _a.UnitIsAsync(Unit, "active");
        await ForwardAsync(_a, again, 10, 10);
    }

    [Test]
    public async Task A_migration_starts_a_sidecar_at_the_destination_and_the_source_s_ends_by_itself()
    {
        using var source = await StartGuestAsync();
        await ForwardAsync(_a, source, 0, 100);

        await _a.VirshAsync("migrate", "--live", Guest, _b.LibvirtUri, "--migrateuri", "unix:/run/lab/migration");

        using var destination = await _listener.AcceptAsync();
        await _b.UnitIsAsync(Unit, "active");
        Assert.That(await UnitStartAsync(_b), Is.LessThan(await QemuStartAsync(_b)), "the sidecar is there first");
        await ForwardAsync(_b, destination, 100, 100);
        await _a.UnitIsAsync(Unit, "inactive");
        await source.WaitForEndAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(source.Frames, Has.Count.EqualTo(100));
            Assert.That(await _a.UnitAsync(Unit, "Result"), Is.EqualTo("success"));
            Assert.That(_a.SidecarLog.Split("Ending: ")[^1], Does.StartWith("the TAP is gone").Or.StartWith("QEMU is gone"));
        }
    }

    [Test]
    public async Task A_domain_without_our_metadata_is_untouched()
    {
        await _a.VirshAsync("create", Write("plain", TestDomain.Xml("plain", "")));

        Assert.That(await _a.RunAsync("systemctl", "list-units", "--all", "--plain", "--no-legend", "qmp-redirector@*"), Is.Empty);
        Assert.That(FilesOf(_a), Is.EqualTo(new[] { "qemu" }));
    }

    [Test]
    public async Task A_guest_starts_whatever_is_wrong_with_its_metadata()
    {
        await _a.VirshAsync("create", Write(Guest, WithMetadata("<qr:chardev>", "<qr:chardev>no")));
        await _a.UnitIsAsync(Unit, "failed");
        await _a.VirshAsync("destroy", Guest);
        await _a.RunAsync("systemctl", "reset-failed", Unit);
        await _a.VirshAsync("create", Write(Guest, WithMetadata("xmlns:qr", "pid='/x' xmlns:qr")));

        Assert.That(await _a.VirshAsync("domstate", Guest), Does.StartWith("running"));
        Assert.That(await _a.UnitAsync(Unit, "ActiveState"), Is.EqualTo("inactive"));
    }

    [Test]
    public async Task A_sidecar_that_hangs_is_replaced()
    {
        var dropIn = _a.PathOf("/run/units/qmp-redirector@.service.d/watchdog.conf");
        await File.WriteAllTextAsync(dropIn, "[Service]\nWatchdogSec=2\nTimeoutAbortSec=1\n");
        try
        {
            await _a.RunAsync("systemctl", "daemon-reload");
            using var peer = await StartGuestAsync();
            var first = await _a.UnitAsync(Unit, "MainPID");
            // Three times the allowed time: only a sidecar that beats lives that long, and systemd has heard its beats.
            var began = await BeatAsync();
            await Eventually.ThatAsync(async () => await BeatAsync() >= began + 6_000_000, "the sidecar has beaten for 6 s");
            Assert.That(await _a.UnitAsync(Unit, "MainPID"), Is.EqualTo(first), _a.SidecarLog);

            await _a.RunAsync("kill", "-STOP", first);

            using var again = await _listener.AcceptAsync();
            await Eventually.ThatAsync(async () => await _a.UnitAsync(Unit, "NRestarts") == "1", "systemd has started it again");
            await _a.UnitIsAsync(Unit, "active");
            await ForwardAsync(_a, again, 0, 10);
        }
        finally
        {
            File.Delete(dropIn);
            await _a.RunAsync("systemctl", "daemon-reload");
        }
    }

    private static string WithMetadata(string right, string wrong) =>
        TestDomain.Xml(Guest, TestDomain.Metadata.Replace(right, wrong, StringComparison.Ordinal));

    /// <summary>When systemd last heard the sidecar's watchdog, in microseconds of CLOCK_MONOTONIC.</summary>
    private async Task<long> BeatAsync() =>
        long.Parse(await _a.UnitAsync(Unit, "WatchdogTimestampMonotonic"), CultureInfo.InvariantCulture);

    /// <summary>When systemd began to start the unit, in microseconds since the machine's boot.</summary>
    private static async Task<long> UnitStartAsync(Host host) =>
        long.Parse(await host.UnitAsync(Unit, "InactiveExitTimestampMonotonic"), CultureInfo.InvariantCulture);

    /// <summary>When QEMU was started, at the latest, in the same: the kernel tells hundredths of a second (field 22 of stat).</summary>
    private static async Task<long> QemuStartAsync(Host host)
    {
        var stat = await host.RunAsync("sh", "-c", $"cat /proc/$(cat /run/libvirt/qemu/{Guest}.pid)/stat");
        return (long.Parse(stat[stat.LastIndexOf(')')..].Split(' ')[20], CultureInfo.InvariantCulture) + 1) * 10_000;
    }

    private async Task<ChardevPeer> StartGuestAsync(string? nic = null)
    {
        var xml = nic is null ? TestDomain.Xml(Guest, TestDomain.Metadata) : TestDomain.Xml(Guest, TestDomain.Metadata, nic: nic);
        await _a.VirshAsync("create", Write(Guest, xml));
        var peer = await _listener.AcceptAsync();
        await _a.UnitIsAsync(Unit, "active");
        return peer;
    }

    /// <summary>Returns when libvirtd has reconnected to the guest and the hook it called for that has ended.</summary>
    private async Task RestartLibvirtdAsync()
    {
        var config = _a.PathOf("/run/qmp-redirector/vm-1.json");
        var before = File.GetLastWriteTimeUtc(config);
        await _a.RunAsync("systemctl", "restart", "libvirtd");
        await Eventually.ThatAsync(() => File.GetLastWriteTimeUtc(config) > before, "the hook has written the configuration anew");
        await Eventually.ThatAsync(async () => await _a.TryRunAsync("pgrep", "-f", "libvirt-hook") != 0, "the hook ends");
    }

    private string Write(string name, string xml)
    {
        File.WriteAllText(Path.Combine(_lab, $"{name}.xml"), xml);
        return $"/run/lab/{name}.xml";
    }

    private static string[] FilesOf(Host host) =>
        [.. Directory.EnumerateFileSystemEntries(host.PathOf("/run/qmp-redirector")).Select(path => Path.GetFileName(path)).Order()];

    private static async Task ForwardAsync(Host host, ChardevPeer peer, int first, int count)
    {
        await SendAsync(host, first, count);
        await Eventually.ThatAsync(
            () => peer.LastNumber == first + count - 1, $"frame {first + count - 1} has come through; {host.SidecarLog}");
    }

    private static async Task SendAsync(Host host, int first, int count)
    {
        using var sender = FrameSender.Open(host.Namespace, await TapAsync(host));
        sender.SendNumbered(first, count);
    }

    private static async Task<string> TapAsync(Host host) => (await host.VirshAsync("domiflist", Guest)).Trim().Split(' ')[0];
}
