using System.Text.Json.Nodes;
using QmpRedirector.SystemTests.Interop;

namespace QmpRedirector.SystemTests.Kit;

/// <summary>
/// Debian's QEMU with a machine that has nothing to boot: its firmware halts, so "running" costs no CPU (Debian builds no qtest
/// accelerator). It has two monitors, one for the sidecar and one for the test.
/// </summary>
internal sealed class QemuProcess : IAsyncDisposable
{
    private readonly CapturedProcess _process;

    private QemuProcess(CapturedProcess process, QmpProbe qmp)
    {
        _process = process;
        Qmp = qmp;
    }

    /// <summary>A developer's own QEMU can be named in QEMU.</summary>
    public static string Binary => Environment.GetEnvironmentVariable("QEMU") is { Length: > 0 } named ? named : "qemu-system-x86_64";

    /// <summary>The lab (scripts/lab.sh) says whether its guests have KVM.</summary>
    private static string[] Accelerator =>
        Environment.GetEnvironmentVariable("GUEST_ACCEL") == "kvm" ? ["-accel", "kvm", "-cpu", "host"] : ["-accel", "tcg"];

    public int Id => _process.Id;

    public QmpProbe Qmp { get; }

    public string Error => _process.Error;

    /// <summary>
    /// Starts QEMU and returns when its monitor answers; the VM is running unless <paramref name="arguments"/> hold "-S".
    /// </summary>
    public static async Task<QemuProcess> StartAsync(
        NetworkNamespace ns, string sidecarMonitor, string testMonitor, params string[] arguments)
    {
        string[] machine =
        [
            Binary, "-machine", "pc", .. Accelerator, "-m", "16", "-nodefaults", "-no-user-config", "-display", "none",
            "-qmp", $"unix:{testMonitor},server=on,wait=off", "-qmp", $"unix:{sidecarMonitor},server=on,wait=off",
        ];
        // A monitor socket left by a killed QEMU would be connected to before the new one has replaced it.
        File.Delete(testMonitor);
        var process = CapturedProcess.Start(ns.CommandLine([.. machine, .. arguments]));
        await Eventually.ThatAsync(() => process.HasExited || File.Exists(testMonitor), "QEMU opens its monitor");
        Assert.That(process.HasExited, Is.False, $"QEMU ended: {process.Error}");
        QmpProbe? qmp = null;
        // The socket file appears at bind, a moment before listen.
        await Eventually.ThatAsync(async () => (qmp = await TryConnectAsync(testMonitor)) is not null, "QEMU's monitor accepts the test");
        return new QemuProcess(process, qmp!);
    }

    /// <summary>A TAP opened by name and a NIC no driver ever starts (no option ROM: iPXE would send DHCP).</summary>
    public static string[] TapAndNic(string ifname, string netdev = "net0") =>
    [
        "-netdev", $"tap,id={netdev},ifname={ifname},script=no,downscript=no,vhost=off",
        "-device", $"virtio-net-pci,netdev={netdev},romfile=",
    ];

    /// <summary>
    /// A netdev whose filters are two redirectors: what arrives at the chardev at <paramref name="indev"/> leaves by the one at
    /// <paramref name="outdev"/>. The two hub ports are each other's peer, as a netdev without one passes nothing on.
    /// </summary>
    public static string[] RedirectorChain(string indev, string outdev) =>
    [
        "-netdev", "hubport,id=chain0,hubid=7", "-netdev", "hubport,id=chain1,hubid=8,netdev=chain0",
        "-chardev", $"socket,id=in0,path={indev},server=on,wait=off", "-chardev", $"socket,id=out0,path={outdev},server=on,wait=off",
        "-object", "filter-redirector,id=r0,netdev=chain0,queue=tx,indev=in0",
        "-object", "filter-redirector,id=r1,netdev=chain0,queue=tx,outdev=out0",
    ];

    /// <summary>
    /// Waits until QEMU has accepted its chardev's peer. To connect is not enough: what a filter sends before that is lost, with "filter
    /// mirror send failed(Operation not permitted)".
    /// </summary>
    public async Task WaitForPeerAsync(string chardev) =>
        await Eventually.ThatAsync(
            async () => ((JsonArray)(await Qmp.ExecuteAsync("query-chardev"))!).Any(
                known => (string?)known!["label"] == chardev && !((string)known["filename"]!).StartsWith("disconnected:", StringComparison.Ordinal)),
            $"QEMU has accepted the peer of {chardev}");

    /// <summary>SIGSTOP: connections stay, answers do not come.</summary>
    public void Freeze() => _process.Signal(Linux.SigStop);

    /// <summary>SIGKILL: no SHUTDOWN event, no farewell.</summary>
    public async Task KillAsync()
    {
        Qmp.Dispose();
        await _process.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process.Error.Length > 0) await TestContext.Out.WriteLineAsync($"QEMU wrote: {_process.Error}");
        await KillAsync();
    }

    private static async Task<QmpProbe?> TryConnectAsync(string path)
    {
        try
        {
            return await QmpProbe.ConnectAsync(path);
        }
        catch (System.Net.Sockets.SocketException)
        {
            return null;
        }
    }
}
