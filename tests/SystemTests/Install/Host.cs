using System.Globalization;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.Install;

/// <summary>A host of its own in a network namespace (host.sh): systemd, what scripts/install.sh installs, and libvirtd.</summary>
internal sealed class Host : IAsyncDisposable
{
    /// <summary>libvirtd asks each QEMU what it can do before its first guest: seconds, more on a busy machine.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly CapturedProcess _process;
    private readonly string _pid;

    private Host(CapturedProcess process, NetworkNamespace ns, string name, string folder)
    {
        _process = process;
        Namespace = ns;
        Name = name;
        Folder = folder;
        _pid = File.ReadAllText(Path.Combine(folder, "pid")).Trim();
    }

    public NetworkNamespace Namespace { get; }

    public string Name { get; }

    /// <summary>Seen by the host and the test at the same path; its parent is /run/lab in every host.</summary>
    public string Folder { get; }

    public string LibvirtUri => $"qemu+unix:///system?socket={Folder}/libvirt-sock";

    public string SidecarLog
    {
        get
        {
            var log = Path.Combine(Folder, "sidecar.log");
            return File.Exists(log) ? File.ReadAllText(log) : "";
        }
    }

    /// <param name="lab">A folder, the same for hosts that shall see each other's sockets.</param>
    public static async Task<Host> StartAsync(NetworkNamespace ns, string lab, string name, int number)
    {
        var folder = Directory.CreateDirectory(Path.Combine(lab, name)).FullName;
        WriteSetup(folder, number);
        WriteUnits(Path.Combine(folder, "units"), name);
        var script = Path.Combine(Sidecar.RepositoryRoot, "tests", "SystemTests", "Install", "host.sh");
        var process = CapturedProcess.Start(ns.CommandLine([script, folder]));
        await Eventually.ThatAsync(() => process.HasExited || File.Exists(Path.Combine(folder, "pid")), $"the host {name} starts");
        Assert.That(process.HasExited, Is.False, $"the host {name} ended: {process.Error}");
        Host host = new(process, ns, name, folder);
        await Eventually.ThatAsync(async () => await host.TryRunAsync("systemctl", "start", "libvirtd") == 0, $"systemd of {name} answers");
        await host.LibvirtdAnswersAsync();
        await host.VirshAsync("capabilities");
        return host;
    }

    public Task<string> RunAsync(params string[] command) => RunAsync(_patience, command);

    public async Task<string> RunAsync(TimeSpan within, params string[] command)
    {
        await using var process = CapturedProcess.Start(Enter(command));
        var exitCode = await process.WaitForExitAsync(within);
        Assert.That(exitCode, Is.Zero, $"{string.Join(' ', command)}: {process.Error}");
        return process.Output;
    }

    public async Task<int> TryRunAsync(params string[] command)
    {
        await using var process = CapturedProcess.Start(Enter(command));
        return await process.WaitForExitAsync(Eventually.Deadline);
    }

    public Task<string> VirshAsync(params string[] command) => RunAsync(["virsh", "-q", "-c", LibvirtUri, .. command]);

    public Task LibvirtdAnswersAsync() => Eventually.ThatAsync(
        async () => await TryRunAsync("virsh", "-c", LibvirtUri, "list") == 0, $"libvirtd of {Name} answers");

    /// <summary>One property of a unit, as systemctl show prints it.</summary>
    public async Task<string> UnitAsync(string unit, string property) => (await RunAsync("systemctl", "show", "-P", property, unit)).Trim();

    public Task UnitIsAsync(string unit, string state) => Eventually.ThatAsync(
        async () => await UnitAsync(unit, "ActiveState") == state, $"{unit} of {Name} is {state}; its log: {SidecarLog}");

    /// <summary>A file of the host, whose /run is its own.</summary>
    public string PathOf(string path) => $"/proc/{_pid}/root{path}";

    /// <summary>A process of the host as it is numbered here.</summary>
    public async Task<IReadOnlyDictionary<string, string>> ProcessStatusAsync(string pid) =>
        (await RunAsync("cat", $"/proc/{pid}/status")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(':', 2)).ToDictionary(pair => pair[0], pair => pair[1].Trim());

    /// <summary>The command as it runs in the host.</summary>
    public IEnumerable<string> Enter(string[] command) =>
        ["nsenter", "--target", _pid, "--mount", "--pid", "--cgroup", "--uts", "--ipc", "--net", "--", .. command];

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();

        // Everything in its PID namespace ends with it; its groups can be removed when the last of them has.
        foreach (var tree in (string[])["/sys/fs/cgroup", "/sys/fs/cgroup/unified"])
        {
            var group = Path.Combine(tree, $"qmpr-host-{Name}-{Path.GetFileName(Path.GetDirectoryName(Folder))}");
            if (Directory.Exists(group))
                await Eventually.ThatAsync(() => !HasProcesses(group), $"the processes of {Name} end");
            await CapturedProcess.RunAsync("find", tree, "-depth", "-type", "d", "-path", $"{group}*", "-exec", "rmdir", "{}", ";");
        }
    }

    private static bool HasProcesses(string group) =>
        Directory.EnumerateFiles(group, "cgroup.procs", SearchOption.AllDirectories).Any(file => File.ReadAllText(file).Length > 0);

    private static void WriteSetup(string folder, int number)
    {
        var setup = Path.Combine(folder, "setup");
        File.WriteAllText(setup, $$"""
            #!/bin/sh
            set -e
            {{Sidecar.RepositoryRoot}}/scripts/install.sh
            mkdir -p /etc/libvirt /var/log/libvirt/qemu
            cat > /etc/libvirt/qemu.conf << CONF
            user = "libvirt-qemu"
            group = "kvm"
            dynamic_ownership = 0
            remember_owner = 0
            security_driver = "none"
            cgroup_controllers = []
            namespaces = []
            stdio_handler = "file"
            CONF
            cat > /etc/libvirt/libvirtd.conf << CONF
            auth_unix_ro = "none"
            auth_unix_rw = "none"
            unix_sock_dir = "{{folder}}"
            host_uuid = "{{number.ToString("D8", CultureInfo.InvariantCulture)}}-2fa1-11d2-883f-b9a761bde3fb"
            log_outputs = "2:file:{{folder}}/libvirtd.log"
            CONF

            """);
        File.SetUnixFileMode(setup, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static void WriteUnits(string folder, string name)
    {
        Directory.CreateDirectory(Path.Combine(folder, "qmp-redirector@.service.d"));
        // Without --timeout 0 it would end when it has nothing to do; guests and what the hook starts must outlive it.
        File.WriteAllText(
            Path.Combine(folder, "libvirtd.service"), "[Service]\nExecStart=/usr/sbin/libvirtd --timeout 0\nKillMode=process\n");
        // A system call outside the filter ends it, so that none is missed for being handled. There is no journal.
        File.WriteAllText(
            Path.Combine(folder, "qmp-redirector@.service.d", "test.conf"),
            $"[Service]\nSystemCallErrorNumber=kill\nStandardError=append:/run/lab/{name}/sidecar.log\n");
    }
}
