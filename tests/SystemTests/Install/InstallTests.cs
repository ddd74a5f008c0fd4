using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.Install;

/// <summary>What scripts/install.sh and the Debian package put on a host, and that they take it away again. Its files are an overlay.</summary>
[Parallelizable(ParallelScope.Self)]
internal sealed class InstallTests
{
    private const string Unit = "scripts/install/systemd/qmp-redirector@.service";
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
        Assert.That(await TracesAsync(), Has.Length.GreaterThanOrEqualTo(10));

        await _host.RunAsync(_install, "--uninstall");

        Assert.That(await TracesAsync(), Is.Empty);
        Assert.That(_host.PathOf("/etc/libvirt/hooks/qemu.d"), Does.Not.Exist);
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
        using (var listener = new ChardevListener(Path.Combine(_lab, TestDomain.Chardev)))
        {
            File.SetUnixFileMode(Path.Combine(_lab, TestDomain.Chardev), (UnixFileMode)0b110_110_110);
            await File.WriteAllTextAsync(Path.Combine(_lab, "vm-1.xml"), TestDomain.Xml("vm-1", TestDomain.Metadata));
            await _host.RunAsync("systemctl", "restart", "libvirtd");
            await _host.LibvirtdAnswersAsync();
            await _host.VirshAsync("create", "/run/lab/vm-1.xml");
            using var peer = await listener.AcceptAsync();
            await _host.UnitIsAsync("qmp-redirector@vm-1.service", "active");
            var main = await _host.UnitAsync("qmp-redirector@vm-1.service", "MainPID");
            Assert.That((await _host.RunAsync("readlink", $"/proc/{main}/exe")).Trim(), Is.EqualTo("/usr/bin/qmp-redirector"));
            await _host.VirshAsync("destroy", "vm-1");
            await _host.UnitIsAsync("qmp-redirector@vm-1.service", "inactive");
        }

        await _host.RunAsync("dpkg", "--purge", "qmp-redirector");

        Assert.That(await TracesAsync(), Is.Empty);
        Assert.That(_host.PathOf("/run/qmp-redirector"), Does.Not.Exist);
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
            + "/var/log /run/qmp-redirector -xdev -iname '*qmp*redirector*' 2> /dev/null || true");
        return found.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
