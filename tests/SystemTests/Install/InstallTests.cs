using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.Install;

/// <summary>What scripts/install.sh and the Debian package put on a host, and that they take it away. Its files are an overlay.</summary>
[Parallelizable(ParallelScope.Self)]
internal sealed class InstallTests
{
    private const string Unit = "scripts/install/systemd/qmp-redirector@.service";
    private const string Guest = "vm-1";
    private const string GuestUnit = $"qmp-redirector@{Guest}.service";
    private const string Monitor = $"/run/qmp-redirector/qemu/{Guest}.qmp";

    /// <summary>What is installed below the prefix, and with it in /etc.</summary>
    private static readonly string[] _below =
    [
        "/bin/qmp-redirector", "/lib/qmp-redirector", "/lib/qmp-redirector/leave-host", "/lib/qmp-redirector/libvirt-hook",
        "/lib/tmpfiles.d/qmp-redirector.conf", "/share/bash-completion/completions/qmp-redirector", "/share/doc/qmp-redirector",
        "/share/doc/qmp-redirector/LIBVIRT.md", "/share/man/man1/qmp-redirector.1.gz",
    ];

    private static readonly string[] _inEtc = ["/etc/apparmor.d/qmp-redirector", "/etc/libvirt/hooks/qemu.d/qmp-redirector"];

    private static readonly string _install = Path.Combine(Sidecar.RepositoryRoot, "scripts", "install.sh");

    private NetworkNamespace _namespace = null!;
    private string _lab = "";
    private Host _host = null!;

    [OneTimeSetUp]
    public async Task A_host()
    {
        foreach (var program in (string[])["bin/lintian", "sbin/apparmor_parser", "bin/systemd-analyze", "sbin/libvirtd"])
            Assert.That($"/usr/{program}", Does.Exist, "needs lintian, apparmor, systemd and libvirt-daemon-system (scripts/test.sh)");
        _namespace = await NetworkNamespace.CreateAsync();
        _lab = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), _namespace.Name)).FullName;
        File.SetUnixFileMode(_lab, (UnixFileMode)0b111_111_111);
        _host = await Host.StartAsync(_namespace, _lab, "c", 3);
    }

    [OneTimeTearDown]
    public async Task Take_down()
    {
        if (_host is not null) await _host.DisposeAsync();
        await _namespace.DisposeAsync();
        Directory.Delete(_lab, recursive: true);
    }

    [Test]
    public async Task The_unit_s_exposure_is_1_5_at_most_and_systemd_finds_nothing_wrong_with_it()
    {
        await _host.RunAsync(
            "systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", Path.Combine(Sidecar.RepositoryRoot, Unit));

        await _host.RunAsync(_install);
        // On the host, where the program it names is installed.
        var said = await _host.RunAsync(
            "sh", "-c", "systemd-analyze verify --man=no /usr/local/lib/systemd/system/qmp-redirector@.service 2>&1");
        Assert.That(said.Split('\n').Where(line => line.Contains("qmp-redirector", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task The_AppArmor_profile_compiles()
    {
        var binary = Path.Combine(_lab, "profile");
        var profile = Path.Combine(Sidecar.RepositoryRoot, "scripts/install/apparmor/qmp-redirector");
        await _host.RunAsync("sh", "-c", $"apparmor_parser -Q -K -S {profile} > {binary}");

        Assert.That(new FileInfo(binary).Length, Is.GreaterThan(1000));
    }

    [Test]
    public async Task What_is_installed_works_and_uninstalling_leaves_nothing()
    {
        await _host.RunAsync(_install);
        Assert.That(await _host.RunAsync("/usr/local/bin/qmp-redirector", "--version"), Does.StartWith("qmp-redirector "));
        string[] installed =
        [
            .. _below.Select(path => $"/usr/local{path}"), .. _inEtc, "/usr/local/lib/systemd/system/qmp-redirector@.service",
            "/usr/local/share/zsh/site-functions/_qmp-redirector", "/run/qmp-redirector", "/run/qmp-redirector/qemu",
        ];
        Assert.That(await TracesAsync(), Is.EquivalentTo(installed));

        await _host.RunAsync(_install, "--uninstall");

        Assert.That(await TracesAsync(), Is.Empty);
        Assert.That(_host.PathOf("/etc/libvirt/hooks/qemu.d"), Does.Not.Exist);
    }

    [Test]
    public async Task It_is_not_installed_where_nobody_would_look_for_it()
    {
        await using var process = CapturedProcess.Start([_install, "--destdir", Path.Combine(_lab, "tree"), "--prefix", "/opt"]);

        Assert.That(await process.WaitForExitAsync(Eventually.Deadline), Is.EqualTo(1));
        Assert.That(process.Error, Does.Contain("--prefix /opt: it is /usr or /usr/local"));
        Assert.That(Path.Combine(_lab, "tree"), Does.Not.Exist);
    }

    [Test]
    public async Task Uninstalling_ends_sidecars_and_leaves_guests_their_monitors()
    {
        await _host.RunAsync(_install);
        // A sidecar as the hook starts it where there is no systemd, and a number that has become another program's.
        await StartAsync("alone", "/usr/local/bin/qmp-redirector", "run", "--config", "/run/qmp-redirector/alone.json");
        await StartAsync("other", "tail", "-f", "/dev/null", "/run/qmp-redirector/other.json");
        await _host.RunAsync("mkdir", "-p", "/var/log/qmp-redirector", "/var/cache/apparmor/x");
        await _host.RunAsync("touch", "/var/cache/apparmor/x/qmp-redirector");
        using (await StartGuestAsync())
        {
            await using var process = CapturedProcess.Start(_host.Enter([_install, "--uninstall"]));
            Assert.That(await process.WaitForExitAsync(Eventually.Deadline), Is.Zero, process.Error);

            Assert.That(process.Error, Does.Contain("domains whose XML names a monitor there cannot be started"));
            Assert.That(await TracesAsync(), Is.EquivalentTo(new[] { "/run/qmp-redirector", "/run/qmp-redirector/qemu", Monitor }));
            Assert.That(await _host.UnitAsync(GuestUnit, "ActiveState"), Is.EqualTo("inactive"));
            Assert.That(await _host.UnitAsync("alone", "ActiveState"), Is.EqualTo("inactive"));
            Assert.That(await _host.UnitAsync("other", "ActiveState"), Is.EqualTo("active"), "no program of ours");
            Assert.That(await _host.VirshAsync("domstate", Guest), Does.StartWith("running"));
            await _host.RunAsync("sh", "-c", $"echo | socat -t 5 - unix:{Monitor} | grep QMP");
        }

        await _host.VirshAsync("destroy", Guest);
        await _host.RunAsync("systemctl", "stop", "other");
        await _host.RunAsync(_install);
        await _host.RunAsync(_install, "--uninstall");
        Assert.That(await TracesAsync(), Is.Empty);

        async Task StartAsync(string name, params string[] command)
        {
            await File.WriteAllTextAsync(
                _host.PathOf($"/run/qmp-redirector/{name}.json"),
                $$"""{ "qmp": "unix:/absent", "qmp-timeout": 0, "control": "unix:/run/{{name}}" }""");
            await _host.RunAsync(["systemd-run", "-q", $"--unit={name}", .. command]);
            await _host.RunAsync("sh", "-c", $"systemctl show -P MainPID {name} > /run/qmp-redirector/{name}.pid");
        }
    }

    [Test]
    public async Task The_package_has_no_lintian_errors_installs_runs_a_guest_s_sidecar_and_purges_without_a_trace()
    {
        await _host.RunAsync(_install, "--uninstall");
        // lintian looks for some ten seconds, and longer where others want the processors.
        var script = Path.Combine(Sidecar.RepositoryRoot, "scripts", "package.sh");
        var package = (await _host.RunAsync(TimeSpan.FromMinutes(2), script, _lab)).Trim();
        await _host.RunAsync("dpkg", "-i", package);
        // systemd knows only what the test shows it.
        await _host.RunAsync("cp", "/lib/systemd/system/qmp-redirector@.service", "/run/units/");
        await _host.RunAsync("systemctl", "daemon-reload");
        string[] installed = [.. _below.Select(path => $"/usr{path}"), .. _inEtc, "/usr/share/zsh/vendor-completions/_qmp-redirector"];
        Assert.That((await _host.RunAsync("dpkg", "-L", "qmp-redirector")).Split('\n'), Is.SupersetOf(installed));
        using (await StartGuestAsync())
        {
            var main = await _host.UnitAsync(GuestUnit, "MainPID");
            Assert.That((await _host.RunAsync("readlink", $"/proc/{main}/exe")).Trim(), Is.EqualTo("/usr/bin/qmp-redirector"));
            await _host.VirshAsync("destroy", Guest);
            await _host.UnitIsAsync(GuestUnit, "inactive");
        }

        await _host.RunAsync("dpkg", "--purge", "qmp-redirector");
        await _host.RunAsync("rm", "/run/units/qmp-redirector@.service");
        await _host.RunAsync("systemctl", "daemon-reload");

        Assert.That(await TracesAsync(), Is.Empty);
        Assert.That(_host.PathOf("/run/qmp-redirector"), Does.Not.Exist);
    }

    private async Task<ChardevPeer> StartGuestAsync()
    {
        File.Delete(Path.Combine(_lab, TestDomain.Chardev));
        using var listener = new ChardevListener(Path.Combine(_lab, TestDomain.Chardev));
        File.SetUnixFileMode(Path.Combine(_lab, TestDomain.Chardev), (UnixFileMode)0b110_110_110);
        await File.WriteAllTextAsync(Path.Combine(_lab, $"{Guest}.xml"), TestDomain.Xml(Guest, TestDomain.Metadata));
        await _host.RunAsync("systemctl", "restart", "libvirtd");
        await _host.LibvirtdAnswersAsync();
        await _host.VirshAsync("create", $"/run/lab/{Guest}.xml");
        var peer = await listener.AcceptAsync();
        await _host.UnitIsAsync(GuestUnit, "active");
        return peer;
    }

    /// <summary>Files and folders of ours, wherever a package may have them.</summary>
    private async Task<string[]> TracesAsync()
    {
        // Not all of /usr, whose hundred thousands of files take an overlay most of a minute. find fails where a folder is not there.
        var found = await _host.RunAsync(
            "sh",
            "-c",
            "find /etc /usr/local /usr/bin /usr/lib/systemd /usr/lib/tmpfiles.d /usr/lib/qmp-redirector /usr/share/man/man1 /usr/share/zsh "
            + "/usr/share/bash-completion /usr/share/doc/qmp-redirector /usr/share/lintian/overrides /lib/systemd /var/lib/dpkg/info "
            + "/var/cache/apparmor /var/log /run/qmp-redirector -xdev -ipath '*qmp*redirector*' 2> /dev/null || true");
        return found.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
