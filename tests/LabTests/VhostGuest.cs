using System.Text.Json.Nodes;
using QmpRedirector.SystemTests.Kit;
using QmpRedirector.SystemTests.RunStates;

namespace QmpRedirector.LabTests;

/// <summary>A Linux guest with vhost=on, which records what it receives.</summary>
internal sealed class VhostGuest : IAsyncDisposable
{
    private const string Nic = "nic0";
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
    /// <param name="more">More arguments for QEMU.</param>
    public static async Task<VhostGuest> BootAsync(int queues = 1, params string[] more)
    {
        var lab = await Lab.CreateAsync();
        try
        {
            return await BootAsync(lab, queues, more);
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    public Task HasVhostAsync() => Vhost.IsActiveAsync(Qemu, Nic, _queues);

    public Task<bool> VhostStartedAsync() => Vhost.HasStartedAsync(Qemu, Nic);

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

    private static async Task<VhostGuest> BootAsync(Lab lab, int queues, string[] more)
    {
        var image = await GuestImage.GetAsync();
        await lab.Namespace.ExecAsync(
            ["ip", "tuntap", "add", "dev", Lab.TapName, "mode", "tap", "vnet_hdr", .. queues > 1 ? (string[])["multi_queue"] : []]);
        await lab.Namespace.ExecAsync("ip", "link", "set", Lab.TapName, "up");
        var many = queues > 1 ? $",queues={queues}" : "";
        var qemu = await lab.StartQemuAsync([
            .. image.Arguments(lab.PathOf("console")), "-S", "-smp", $"{queues}",
            "-netdev", $"tap,id=net0,ifname={Lab.TapName},script=no,downscript=no,vhost=on{many}",
            "-device", $"virtio-net-pci,id={Nic},netdev=net0,mac={Mac},romfile=" + (queues > 1 ? $",mq=on,vectors={(2 * queues) + 2}" : ""),
            "-device", "virtio-serial-pci", "-chardev", $"file,id=own,path={lab.PathOf("guest.pcap")}",
            "-device", "virtserialport,chardev=own", .. more,
        ]);
        var console = lab.Own(await GuestConsole.ConnectAsync(lab.PathOf("console")));
        await qemu.Qmp.ExecuteAsync("cont");
        await console.WaitForBootAsync();
        var guest = new VhostGuest(lab, qemu, console, queues);
        await guest.HasVhostAsync();
        return guest;
    }
}
