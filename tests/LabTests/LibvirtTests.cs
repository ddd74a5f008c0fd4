using System.Globalization;
using System.Text.RegularExpressions;
using QmpRedirector.SystemTests.Kit;
using QmpRedirector.SystemTests.RunStates;

namespace QmpRedirector.LabTests;

/// <summary>
/// Debian's libvirtd, a domain with vhost=on, and the installed hook where there is no systemd: it starts the sidecar as a process.
/// </summary>
[TestFixture]
internal sealed class LibvirtTests
{
    private const string Guest = "vm-9";
    private const string PidFile = $"/run/qmp-redirector/{Guest}.pid";
    private const string Images = "/var/lib/libvirt/images";

    private const string Hook = "/etc/libvirt/hooks/qemu.d/qmp-redirector";

    private Lab _lab = null!;
    private CapturedProcess _libvirtd = null!;
    private ChardevListener _listener = null!;
    private int _logged;

    private static string WholeLog =>
        File.Exists($"/var/log/qmp-redirector/{Guest}.log") ? File.ReadAllText($"/var/log/qmp-redirector/{Guest}.log") : "";

    /// <summary>What the sidecars of this test have written.</summary>
    private string SidecarLog => WholeLog[_logged..];

    private string Consumer => _lab.PathOf("m0");

    [OneTimeSetUp]
    public async Task Libvirtd_runs()
    {
        Assert.That(File.Exists("/usr/sbin/libvirtd"), "needs libvirt-daemon-system (scripts/test.sh)");
        Assert.That(Directory.Exists("/run/systemd/system"), Is.False, "there is no systemd here");
        await Installation.MakeAsync();
        // The 8 seconds after which the hook gives up are those of machines that are not emulated.
        var hook = await File.ReadAllTextAsync(Hook);
        Assert.That(hook, Does.Contain("--kill-after=2 8 "));
        await File.WriteAllTextAsync(Hook, hook.Replace("--kill-after=2 8 ", "--kill-after=2 80 ", StringComparison.Ordinal));
        _lab = await Lab.CreateAsync();
        // What udev does elsewhere; and the VM's user cannot look into the cache of scripts/guest.
        await CapturedProcess.RunAsync("chmod", "666", "/dev/kvm");
        var image = await GuestImage.GetAsync();
        Directory.CreateDirectory(Images);
        File.Copy(image.Kernel, $"{Images}/kernel", overwrite: true);
        File.Copy(image.Initrd, $"{Images}/initrd", overwrite: true);
        await File.WriteAllTextAsync("/etc/libvirt/qemu.conf", """
            user = "libvirt-qemu"
            group = "kvm"
            dynamic_ownership = 0
            remember_owner = 0
            security_driver = "none"
            cgroup_controllers = []
            namespaces = []
            stdio_handler = "file"

            """);
        await File.WriteAllTextAsync(_lab.PathOf("libvirtd.conf"), $"""
            auth_unix_ro = "none"
            auth_unix_rw = "none"
            unix_sock_dir = "{_lab.Folder}"
            host_uuid = "00000009-2fa1-11d2-883f-b9a761bde3fb"
            log_outputs = "2:stderr"

            """);
        _libvirtd = CapturedProcess.Start(_lab.Namespace.CommandLine(
            ["libvirtd", "--config", _lab.PathOf("libvirtd.conf"), "--pid-file", _lab.PathOf("libvirtd.pid"), "--timeout", "0"]));
        await Eventually.ThatAsync(() => File.Exists(_lab.PathOf("libvirt-sock")), "libvirtd opens its socket");
        // The first guest would wait until libvirtd has asked QEMU what it can do.
        await VirshAsync("capabilities");
        await File.WriteAllTextAsync(_lab.PathOf("domain.xml"), Domain());
    }

    [OneTimeTearDown]
    public async Task Libvirtd_ends()
    {
        if (_libvirtd is not null) await _libvirtd.DisposeAsync();
        if (_lab is not null) await _lab.DisposeAsync();
    }

    [SetUp]
    public void A_consumer_listens()
    {
        _logged = WholeLog.Length;
        _listener = new ChardevListener(Consumer);
        File.SetUnixFileMode(Consumer, (UnixFileMode)0b110_110_110);
    }

    [TearDown]
    public async Task No_guest_is_left()
    {
        await using var destroy = CapturedProcess.Start(Virsh("destroy", Guest));
        await destroy.WaitForExitAsync(Eventually.Deadline);
        _listener.Dispose();
        File.Delete(Consumer);
        await TestContext.Out.WriteLineAsync($"libvirtd wrote: {_libvirtd.Error}The sidecar wrote: {SidecarLog}");
    }

    /// <summary>One guest for all, as a boot takes longer than the rest.</summary>
    [Test]
    public async Task The_hook_starts_a_sidecar_for_a_domain_with_vhost_and_for_a_restored_one_and_ends_it_with_the_domain()
    {
        const int count = 50;
        await VirshAsync("create", _lab.PathOf("domain.xml"));
        var (peer, tap, sidecar) = await HasSidecarAsync("TAP found");
        var qemu = Number(await File.ReadAllTextAsync($"/run/libvirt/qemu/{Guest}.pid"));
        Assert.That(Vhost.Threads(qemu, $"vhost-{qemu}"), Is.EqualTo(1), "the kernel's vhost threads of this QEMU");
        Assert.That(StatusOf(sidecar, "Uid"), Is.EqualTo(StatusOf(qemu, "Uid")), "the VM's user");
        Assert.That(StatusOf(sidecar, "CapEff"), Is.EqualTo("0000000000002000"), "CAP_NET_RAW alone");

        using (var sender = FrameSender.Open(_lab.Namespace, tap))
        {
            sender.SendNumbered(0, count);
            await Eventually.ThatAsync(() => peer.LastNumber == count - 1, "the frames of the running guest");
            await VirshAsync("suspend", Guest);
            await LoggedAsync("f0: disarmed (STOP event");
            sender.SendNumbered(1000, count);
            await VirshAsync("resume", Guest);
            await LoggedAsync($"f0: armed on {tap} (RESUME event");
            sender.SendNumbered(count, count);
            await Eventually.ThatAsync(() => peer.LastNumber == (2 * count) - 1, "the frames of the continued guest");
        }

        await VirshAsync("save", Guest, _lab.PathOf("saved"));
        await EndsWithTheGuestAsync(peer, sidecar);
        Assert.That(NumbersOf(peer), Is.EqualTo(Enumerable.Range(0, 2 * count)));

        _logged = WholeLog.Length;
        await VirshAsync("restore", _lab.PathOf("saved"));
        (peer, tap, sidecar) = await HasSidecarAsync("");
        using (var sender = FrameSender.Open(_lab.Namespace, tap))
        {
            sender.SendNumbered(0, count);
            await Eventually.ThatAsync(() => peer.LastNumber == count - 1, "the frames of the restored guest");
        }

        await VirshAsync("destroy", Guest);
        await EndsWithTheGuestAsync(peer, sidecar);
        Assert.That(NumbersOf(peer), Is.EqualTo(Enumerable.Range(0, count)));
    }

    /// <summary>Returns when the guest has vhost and its sidecar captures.</summary>
    /// <param name="cause">Why it was armed.</param>
    private async Task<(ChardevPeer Peer, string Tap, int Sidecar)> HasSidecarAsync(string cause)
    {
        var peer = _lab.Own(await _listener.AcceptAsync());
        // libvirt gives each TAP a new number.
        var armed = Match.Empty;
        await Eventually.ThatAsync(
            () => (armed = Regex.Match(SidecarLog, $@"f0: armed on (vnet\d+) \({cause}")).Success, $"the sidecar logs that it is armed: {cause}");
        await Eventually.ThatAsync(VhostStartedAsync, "vhost starts");
        return (peer, armed.Groups[1].Value, Number(await File.ReadAllTextAsync(PidFile)));
    }

    private async Task EndsWithTheGuestAsync(ChardevPeer peer, int sidecar)
    {
        await peer.WaitForEndAsync();
        await Eventually.ThatAsync(() => !Directory.Exists($"/proc/{sidecar}"), "the sidecar ends");
        Assert.That(SidecarLog, Does.Contain("identities=ok"));
        Assert.That(File.Exists(PidFile), Is.False);
    }

    private static int[] NumbersOf(ChardevPeer peer) => [.. peer.Frames.Select(frame => Frames.NumberOf(frame.Payload))];

    private string Domain() => $"""
        <domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
          <name>{Guest}</name>
          <metadata>
            <qr:redirector xmlns:qr='urn:qmp-redirector:domain:1'>
              <qr:chardev>socket,id=m0,path={Consumer}</qr:chardev>
              <qr:object>filter-redirector,id=f0,netdev=hostnet0,queue=tx,outdev=m0,vnet_hdr_len=0</qr:object>
            </qr:redirector>
          </metadata>
          <memory unit='KiB'>131080</memory>
          <vcpu>1</vcpu>
          <os>
            <type arch='x86_64' machine='pc'>hvm</type>
            <kernel>{Images}/kernel</kernel>
            <initrd>{Images}/initrd</initrd>
            <cmdline>console=ttyS0 panic=-1 loglevel=3 mitigations=off gip=10.9.0.2/24</cmdline>
          </os>
          <cpu mode='host-passthrough' check='none'/>
          <devices>
            <emulator>/usr/bin/qemu-system-x86_64</emulator>
            <controller type='usb' model='none'/>
            <interface type='ethernet'>
              <mac address='{VhostGuest.Mac}'/>
              <model type='virtio'/>
              <driver name='vhost'/>
              <rom enabled='no'/>
            </interface>
            <serial type='null'/>
            <memballoon model='none'/>
          </devices>
          <qemu:commandline>
            <qemu:arg value='-qmp'/>
            <qemu:arg value='unix:{Installation.Monitors}/{Guest}.qmp,server=on,wait=off'/>
          </qemu:commandline>
        </domain>
        """;

    private async Task<bool> VhostStartedAsync()
    {
        const string arguments = """{"path":"/machine/peripheral/net0/virtio-backend"}""";
        var status = await VirshAsync(
            "qemu-monitor-command", Guest, $$"""{"execute":"x-query-virtio-status","arguments":{{arguments}}}""");
        return status.Contains("\"vhost-started\":true", StringComparison.Ordinal);
    }

    private Task<string> VirshAsync(params string[] command) => CapturedProcess.RunAsync(Virsh(command));

    private string[] Virsh(params string[] command) =>
        ["virsh", "-q", "-c", $"qemu+unix:///system?socket={_lab.PathOf("libvirt-sock")}", .. command];

    private Task LoggedAsync(string words) => Eventually.ThatAsync(
        () => SidecarLog.Contains(words, StringComparison.Ordinal), $"the sidecar logs '{words}'");

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static string StatusOf(int process, string key) => File.ReadLines($"/proc/{process}/status")
        .Single(line => line.StartsWith($"{key}:", StringComparison.Ordinal)).Split('\t', 2)[1];
}
