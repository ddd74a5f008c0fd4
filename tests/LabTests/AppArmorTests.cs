using System.Net.Sockets;
using System.Text.Json.Nodes;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.LabTests;

/// <summary>The AppArmor profile as installed, enforced by the lab's kernel, around a sidecar with the unit's user and rights.</summary>
[TestFixture]
internal sealed class AppArmorTests
{
    private const string Profile = "qmp-redirector";
    private const string Own = "/run/qmp-redirector/vm-1";
    private const string State = "/var/lib/qmp-redirector";
    private const string LibvirtFolder = "/var/lib/libvirt/qemu";
    private const string Monitor = $"{Installation.Monitors}/vm-1.qmp";

    /// <summary>The script drops the binary the kit names, as it may lie where the unit's user cannot look.</summary>
    private static readonly string[] _unconfined =
    [
        "setpriv", "--reuid", "libvirt-qemu", "--regid", "kvm", "--init-groups", "--no-new-privs", "--inh-caps", "-all,+net_raw",
        "--ambient-caps", "-all,+net_raw", "--bounding-set", "-all,+net_raw", "--",
        "sh", "-c", $"shift; exec ${{PROFILE:+aa-exec -p $PROFILE --}} {Installation.Program} \"$@\"", "sh",
    ];

    private static readonly string[] _confined = ["env", $"PROFILE={Profile}", .. _unconfined];

    private VhostGuest _guest = null!;

    [OneTimeSetUp]
    public async Task The_profile_is_loaded_and_a_guest_boots()
    {
        Assert.That(File.Exists("/usr/bin/aa-exec"), "needs the package apparmor (scripts/test.sh)");
        await Installation.MakeAsync();
        Assert.That(await LoadedAsync(), Has.Member($"{Profile} (enforce)"), "install.sh loads it");
        foreach (var folder in (string[])[Own, State]) await Installation.MakeFolderAsync(folder);
        _guest = await VhostGuest.BootAsync(more: ["-qmp", $"unix:{Monitor},server=on,wait=off"]);
        // This QEMU is root.
        File.SetUnixFileMode(Monitor, (UnixFileMode)0b110_110_110);
    }

    [OneTimeTearDown]
    public async Task The_guest_ends()
    {
        if (_guest is not null) await _guest.DisposeAsync();
    }

    [TearDown]
    public Task No_sidecar_is_left() => _guest.Lab.EndSidecarsAsync();

    [Test]
    public async Task Under_the_profile_a_sidecar_does_all_that_is_documented_and_is_denied_nothing()
    {
        const int count = 100;
        var before = (await DenialsAsync()).Length;
        await File.WriteAllTextAsync($"{Own}.json", $$"""
            {
              "qmp": "unix:{{Monitor}}", "control": "unix:{{Own}}/control", "metrics": "unix:{{Own}}/metrics",
              "pcapng": "{{State}}/vm-1.pcapng", "one-off": true,
              "chardevs": ["socket,id=m0,path={{Own}}/m0,server=on,wait=on", "socket,id=m1,host=localhost,port=9105,server=on,wait=off"],
              "objects": [
                "filter-redirector,id=f0,netdev=net0,queue=tx,outdev=m0,vnet_hdr_support=on,ifname={{Lab.TapName}}",
                "filter-redirector,id=f1,netdev=net0,queue=rx,outdev=m1,vnet_hdr_support=on,ifname={{Lab.TapName}}"
              ]
            }
            """);
        var sidecar = _guest.Lab.Start(["run", "--config", $"{Own}.json", "--pid", $"{Own}/pid"], _confined);
        sidecar.Control = $"{Own}/control";
        var peer = await _guest.Lab.ConnectPeerAsync(new UnixDomainSocketEndPoint($"{Own}/m0"), vnetHdrSupport: true);
        await sidecar.ReadyAsync();
        await _guest.HasVhostAsync();
        Assert.That(await File.ReadAllTextAsync($"/proc/{sidecar.Id}/attr/current"), Is.EqualTo($"{Profile} (enforce)\n"));
        Assert.That(await File.ReadAllTextAsync($"{Own}/pid"), Is.EqualTo($"{sidecar.Id}\n"));

        await _guest.Qemu.Qmp.StopAsync();
        await LoggedAsync(sidecar, "f0: disarmed (STOP");
        await _guest.Qemu.Qmp.ContinueAsync();
        await LoggedAsync(sidecar, "f0: armed on tap0 (RESUME");
        var sender = _guest.Lab.OpenSender(vnetHeader: true);
        for (var number = 0; number < count; number++) sender.Send([.. new byte[VnetHeader.Length], .. Frames.Numbered(number)]);
        await peer.WaitForFramesAsync(count);
        using var scraper = Scrape.ClientOf($"{Own}/metrics");
        var scrape = new Scrape(await scraper.GetStringAsync(new Uri("metrics", UriKind.Relative)));
        using (var control = await QmpProbe.ConnectAsync($"{Own}/control"))
        {
            await control.ExecuteAsync("chardev-add", Listening("m2", $"{Own}/m2"));
            await control.ExecuteAsync("chardev-add", Listening("m4", $"{LibvirtFolder}/m4.sock"));
            Assert.That(await control.FailAsync("chardev-add", Listening("m3", "/var/tmp/m3")), Does.Contain("/var/tmp/m3"));
        }

        var reports = await sidecar.StopAsync();
        await peer.WaitForEndAsync();

        Accounting.Holds(reports["f0"], count, peer);
        Assert.That(scrape.Of("forwarded_frames_total"), Is.EqualTo(count));
        Assert.That(new FileInfo($"{State}/vm-1.pcapng").Length, Is.GreaterThan(count * Frames.ShortLength));
        var denials = (await DenialsAsync())[before..];
        Assert.That(string.Join('\n', denials.Where(line => !line.Contains("/var/tmp/m3", StringComparison.Ordinal))), Is.Empty);
        Assert.That(denials, Has.Length.EqualTo(1), "the socket it was asked to make elsewhere");
    }

    [TestCase("/var/tmp")]
    [TestCase(LibvirtFolder, TestName = "{m}(libvirt's, among saved guests)")]
    public async Task Under_the_profile_guests_frames_go_into_no_other_file(string folder)
    {
        var elsewhere = $"{folder}/vm-1.pcapng";
        string[] options =
        [
            "run", "--qmp", $"unix:{Monitor}", "--pcapng", elsewhere, "--chardev", $"socket,id=m0,path={Own}/m0,server=on,wait=off",
            "--object", $"filter-redirector,id=f0,netdev=net0,outdev=m0,ifname={Lab.TapName}",
        ];

        var denied = _guest.Lab.Start(options, _confined);
        Assert.That(await denied.WaitForExitAsync(), Is.EqualTo(1));
        Assert.That(denied.Error, Does.Contain(elsewhere).IgnoreCase.And.Contain("denied"));
        Assert.That(File.Exists(elsewhere), Is.False);

        var allowed = _guest.Lab.Start(options, _unconfined);
        await allowed.ReadyAsync();
        Assert.That(File.Exists(elsewhere), "it is the profile that denies it");
    }

    [Test]
    public async Task Under_the_profile_the_TAP_is_found_among_QEMU_s_descriptors()
    {
        var before = (await DenialsAsync()).Length;
        await using var lab = await Lab.CreateAsync();
        var tap = await lab.OpenTapAsync(vnetHeaderLength: 0, inheritable: true);
        await lab.StartQemuAsync("-netdev", $"tap,id=net0,fd={tap.Descriptor}", "-device", "virtio-net-pci,netdev=net0,romfile=");
        // As root, as this QEMU is; but without root's right to write into others' folders.
        var own = Directory.CreateDirectory("/run/qmp-redirector/vm-2").FullName;
        string[] options =
        [
            "run", "--qmp", $"unix:{lab.Monitor}", "--chardev", $"socket,id=m0,path={own}/m0,server=on,wait=off",
            "--object", "filter-redirector,id=f0,netdev=net0,outdev=m0",
        ];

        var sidecar = lab.Start(options, ["sh", "-c", $"shift; exec aa-exec -p {Profile} -- {Installation.Program} \"$@\"", "sh"]);
        await sidecar.ReadyAsync();

        Assert.That(sidecar.Error, Does.Contain($"f0: TAP {Lab.TapName}").And.Contain($"fd={tap.Descriptor}"));
        Assert.That(sidecar.Error, Does.Not.Contain("the kernel grants"), "with CAP_NET_ADMIN, the whole backlog");
        Assert.That(string.Join('\n', (await DenialsAsync())[before..]), Is.Empty);
    }

    [Test]
    public async Task Uninstalling_unloads_the_profile_and_leaves_the_guest_its_monitor()
    {
        var install = Path.Combine(Sidecar.RepositoryRoot, "scripts", "install.sh");
        try
        {
            await CapturedProcess.RunAsync(install, "--uninstall");

            Assert.That(await LoadedAsync(), Has.None.StartsWith(Profile));
            Assert.That((File.Exists(Monitor), Directory.Exists(Own)), Is.EqualTo((true, false)));
        }
        finally
        {
            await CapturedProcess.RunAsync(install);
            await Installation.MakeFolderAsync(Own);
        }
    }

    private static Task<string[]> LoadedAsync() => File.ReadAllLinesAsync("/sys/kernel/security/apparmor/profiles");

    private static JsonObject Listening(string id, string path) => new()
    {
        ["id"] = id,
        ["backend"] = new JsonObject
        {
            ["type"] = "socket",
            ["data"] = new JsonObject
            {
                ["addr"] = new JsonObject { ["type"] = "unix", ["data"] = new JsonObject { ["path"] = path } },
                ["server"] = true, ["wait"] = false,
            },
        },
    };

    private static Task LoggedAsync(Sidecar sidecar, string words) => Eventually.ThatAsync(
        () => sidecar.Error.Contains(words, StringComparison.Ordinal), $"the sidecar logs '{words}'");

    /// <summary>What the kernel has told of the profile so far.</summary>
    private static async Task<string[]> DenialsAsync()
    {
        var lines = (await CapturedProcess.RunAsync("dmesg")).Split('\n');
        return [.. lines.Where(line => line.Contains("apparmor=\"DENIED\"", StringComparison.Ordinal)
            && line.Contains($"profile=\"{Profile}\"", StringComparison.Ordinal))];
    }
}
