using System.Text.Json.Nodes;
using QmpRedirector.SystemTests.Kit;
using QmpRedirector.SystemTests.RunStates;

namespace QmpRedirector.LabTests;

/// <summary>A Linux guest with vhost=on, which records what it receives.</summary>
internal sealed class VhostGuest : IAsyncDisposable
{
    private const string Nic = "/machine/peripheral/nic0/virtio-backend";
    public const string Mac = "52:54:00:aa:bb:02";

    private readonly int _queues;

    private VhostGuest(Lab lab, QemuProcess qemu, GuestConsole console, int queues)
    {
        Lab = lab;
        Qemu = qemu;
        Console = console;
        Received = new GuestCapture(lab.PathOf("guest.pcap"));
        _queues = queues;
    }

    public Lab Lab { get; }

    public QemuProcess Qemu { get; }

    public GuestConsole Console { get; }

    public GuestCapture Received { get; }

    /// <summary>Boots it and returns when its agent answers and vhost has started.</summary>
    public static async Task<VhostGuest> BootAsync(int queues = 1)
    {
        var lab = await Lab.CreateAsync();
        try
        {
            return await BootAsync(lab, queues);
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    /// <summary>The proof that its packets do not pass through QEMU: QEMU says so, and the kernel has a thread for each queue.</summary>
    public async Task HasVhostAsync()
    {
        await Eventually.ThatAsync(VhostStartedAsync, "QEMU says vhost-started");
        Assert.That(Threads($"vhost-{Qemu.Id}"), Has.Count.EqualTo(_queues), "the kernel's vhost threads of this QEMU");
        var files = Directory.GetFiles($"/proc/{Qemu.Id}/fd")
            .Select(file => File.ResolveLinkTarget(file, returnFinalTarget: false)?.FullName);
        Assert.That(files.Count(file => file == "/dev/vhost-net"), Is.EqualTo(_queues), "QEMU's descriptors of /dev/vhost-net");
    }

    public async Task<bool> VhostStartedAsync()
    {
        var status = await Qemu.Qmp.ExecuteAsync("x-query-virtio-status", new JsonObject { ["path"] = Nic });
        return status!["vhost-started"]!.GetValue<bool>();
    }

    /// <summary>QEMU's filter-redirector on the netdev, which must fail with <paramref name="sentence"/>.</summary>
    public async Task RefusesItsOwnFilterAsync(string sentence)
    {
        await Qemu.Qmp.ExecuteAsync("chardev-add", new JsonObject
        {
            ["id"] = "own0", ["backend"] = new JsonObject { ["type"] = "null", ["data"] = new JsonObject() },
        });
        var filter = new JsonObject
        {
            ["qom-type"] = "filter-redirector", ["id"] = "own", ["netdev"] = "net0", ["queue"] = "tx", ["outdev"] = "own0",
        };
        Assert.That(() => Qemu.Qmp.ExecuteAsync("object-add", filter), Throws.Exception.With.Message.Contains(sentence));
    }

    /// <summary>A shell command in the guest.</summary>
    public async Task ShellAsync(string command)
    {
        await Console.SendAsync($"SH {command}");
        await Console.WaitForAsync("@SH status=0");
    }

    public ValueTask DisposeAsync() => Lab.DisposeAsync();

    private static async Task<VhostGuest> BootAsync(Lab lab, int queues)
    {
        var image = await GuestImage.GetAsync();
        await lab.Namespace.ExecAsync(
            ["ip", "tuntap", "add", "dev", Lab.TapName, "mode", "tap", "vnet_hdr", .. queues > 1 ? (string[])["multi_queue"] : []]);
        await lab.Namespace.ExecAsync("ip", "link", "set", Lab.TapName, "up");
        var many = queues > 1 ? $",queues={queues}" : "";
        var qemu = await lab.StartQemuAsync([
            .. image.Arguments(lab.PathOf("console")), "-S", "-smp", $"{queues}",
            "-netdev", $"tap,id=net0,ifname={Lab.TapName},script=no,downscript=no,vhost=on{many}",
            "-device", $"virtio-net-pci,id=nic0,netdev=net0,mac={Mac},romfile=" + (queues > 1 ? $",mq=on,vectors={(2 * queues) + 2}" : ""),
            "-device", "virtio-serial-pci", "-chardev", $"file,id=own,path={lab.PathOf("guest.pcap")}",
            "-device", "virtserialport,chardev=own",
        ]);
        var console = lab.Own(await GuestConsole.ConnectAsync(lab.PathOf("console")));
        await qemu.Qmp.ExecuteAsync("cont");
        await console.WaitForBootAsync();
        var guest = new VhostGuest(lab, qemu, console, queues);
        await guest.HasVhostAsync();
        return guest;
    }

    /// <summary>Threads of the kernel, and since Linux 6.4 of the process that has opened vhost.</summary>
    private List<string> Threads(string name) =>
        [.. Directory.GetDirectories("/proc").Concat(Directory.GetDirectories($"/proc/{Qemu.Id}/task"))
            .Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0]) && NameOf(folder) == name)];

    private static string NameOf(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "comm")).Trim();
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return "";
        }
    }
}
