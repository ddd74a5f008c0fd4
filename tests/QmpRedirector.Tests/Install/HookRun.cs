using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using QmpRedirector.Testing;

namespace QmpRedirector.Tests.Install;

/// <summary>
/// The hook's world: folders of its own, a systemctl that writes down how it was called, and libvirt's programs, which tell if they were.
/// </summary>
internal sealed class HookRun : IDisposable
{
    public const string Namespace = "urn:qmp-redirector:domain:1";
    public const string Uuid = "1b4e28ba-2fa1-11d2-883f-b9a761bde3fb";

    private readonly TempDirectory _folder = new();

    public HookRun()
    {
        foreach (string name in (string[])["run", "bin", "systemd"])
            Directory.CreateDirectory(PathOf(name));
        WriteProgram("systemctl", """
            case $1 in
              start | stop) echo "$@" >> "${0%/*}/calls" ;;
              show) cat "${0%/*}/user" ;;
              is-active) [ ! -e "${0%/*}/waits" ] ;;
              reset-failed) echo "$@" >> "${0%/*}/resets"; exit 1 ;;
              *) exit 9 ;;
            esac
            """);
        File.WriteAllText(PathOf("bin/user"), Environment.UserName + "\n");
        foreach (string name in (string[])["virsh", "virt-admin", "virt-qemu-qmp-proxy", "virt-qemu-run", "virt-xml", "libvirtd"])
            WriteProgram(name, "echo \"$0 $*\" >> \"${0%/*}/libvirt\"");
    }

    /// <summary>The checkout's scripts/install.</summary>
    public static string Source { get; } = Path.Combine(Repository(), "scripts", "install");

    public string RunFolder => PathOf("run");

    /// <summary>The units it had started and stopped.</summary>
    public string[] Calls => Lines("calls");

    /// <summary>The units of which it had earlier failures forgotten.</summary>
    public string[] Resets => Lines("resets");

    /// <summary>Calls of libvirt, which waits for the hook: each would be a deadlock.</summary>
    public string[] LibvirtCalls => Lines("libvirt");

    /// <summary>What the hook left in its folder, without the one for monitor sockets.</summary>
    public string[] Files =>
        [.. Directory.EnumerateFileSystemEntries(RunFolder).Select(path => Path.GetFileName(path)).Where(n => n != "qemu").Order()];

    public string PathOf(string name) => _folder.File(name);

    /// <summary>The unit's User=.</summary>
    public string User { set => File.WriteAllText(PathOf("bin/user"), value + "\n"); }

    public UnixFileMode SocketsMode => File.GetUnixFileMode(Path.Combine(RunFolder, "qemu"));

    /// <summary>The unit has not found QEMU yet.</summary>
    public void LetUnitWait() => File.WriteAllText(PathOf("bin/waits"), "");

    public void RemoveSystemd() => Directory.Delete(PathOf("systemd"));

    public void WriteProgram(string name, string script)
    {
        string path = PathOf(Path.Combine("bin", name));
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
    }

    public JsonNode Config(string instance = "vm1") => JsonNode.Parse(File.ReadAllText(PathOf($"run/{instance}.json")))!;

    /// <summary>A domain as libvirt 9 writes it, as far as the hook looks at it.</summary>
    public static string Domain(string metadata, string name = "vm1", string? uuid = Uuid, string interfaces = Interface) => $"""
        <domain type='kvm' id='1' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
          <name>{System.Security.SecurityElement.Escape(name)}</name>
          {(uuid is null ? "" : $"<uuid>{uuid}</uuid>")}
          <metadata>
            <app:other xmlns:app="http://example.com/app"><redirector>not ours</redirector></app:other>
            {metadata}
          </metadata>
          <devices>{interfaces}</devices>
          <qemu:commandline>
            <qemu:arg value='-qmp'/>
            <qemu:arg value='unix:/run/qmp-redirector/qemu/vm1.qmp,server=on,wait=off'/>
          </qemu:commandline>
        </domain>
        """;

    public const string Interface =
        "<interface type='bridge'><mac address='52:54:00:aa:bb:02'/><target dev='vnet7'/><alias name='net0'/></interface>";

    public static string Ours(string inner, string attributes = "") =>
        $"<qr:redirector xmlns:qr='{Namespace}' {attributes}>{inner}</qr:redirector>";

    public static string Plain { get; } = Ours(
        "<qr:chardev>socket,id=m0,path=/run/m0.sock</qr:chardev>"
        + "<qr:object>filter-redirector,id=f0,netdev=hostnet0,queue=tx,outdev=m0</qr:object>");

    /// <summary>Calls the hook as libvirt does.</summary>
    /// <param name="user">What QMP_REDIRECTOR_USER says; without it the unit does.</param>
    public HookResult Call(string operation, string xml, string reason = "-", string guest = "vm1", string? user = null) =>
        Call(Path.Combine(Source, "hooks", "libvirt-hook"), [guest, operation, "begin", reason], xml, user: user);

    /// <summary>The script libvirt itself starts.</summary>
    public HookResult CallScript(string operation, string xml, string hook) => Call(
        Path.Combine(Source, "hooks", "qemu.d", "qmp-redirector"), ["vm1", operation, "begin", "-"], xml, hook);

    public void Dispose() => _folder.Dispose();

    private HookResult Call(string program, string[] arguments, string xml, string? hook = null, string? user = null)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
        };
        start.Environment["PATH"] = $"{PathOf("bin")}:/usr/bin:/bin";
        start.Environment["QMP_REDIRECTOR_RUN"] = RunFolder;
        start.Environment["QMP_REDIRECTOR_LOGS"] = PathOf("logs");
        start.Environment["QMP_REDIRECTOR"] = PathOf("bin/qmp-redirector");
        start.Environment["QMP_REDIRECTOR_SYSTEMD"] = PathOf("systemd");
        if (user is not null)
            start.Environment["QMP_REDIRECTOR_USER"] = user;
        if (hook is not null)
            start.Environment["QMP_REDIRECTOR_HOOK"] = hook;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        try
        {
            process.StandardInput.Write(xml);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It does not have to read to the end.
        }

        if (!process.WaitForExit(TimeSpan.FromSeconds(20)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"The hook did not return: {string.Join(' ', arguments)}");
        }

        TimeSpan soon = TimeSpan.FromSeconds(5);
        Assert.That(output.Wait(soon) && error.Wait(soon), Is.True, "the hook's pipes are closed when it has ended");
        return new HookResult(process.ExitCode, output.Result, error.Result);
    }

    private string[] Lines(string name) => File.Exists(PathOf($"bin/{name}")) ? File.ReadAllLines(PathOf($"bin/{name}")) : [];

    private static string Repository()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "QmpRedirector.sln")))
            folder = folder.Parent;
        return folder!.FullName;
    }
}
