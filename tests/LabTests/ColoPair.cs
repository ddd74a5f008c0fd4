using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using QmpRedirector.SystemTests;
using QmpRedirector.SystemTests.Kit;
using QmpRedirector.SystemTests.RunStates;

namespace QmpRedirector.LabTests;

/// <summary>
/// QEMU's COLO as docs/COLO.md tells to set it up, from the files of qemu-configs: a primary with vhost=on on tap0, a secondary on tap1,
/// the sidecar between them. The guests have no disk, so there is nothing for block replication to do; all else is COLO itself, with its
/// checkpoints, filter-rewriter and colo-compare. What each guest receives it records itself.
/// </summary>
internal sealed class ColoPair : IAsyncDisposable
{
    /// <summary>The host's address at tap0.</summary>
    public const string Address = "10.9.0.77";

    public const string GuestAddress = "10.9.0.2";

    private const string Nic = "e0";
    private const string SecondaryTap = "tap1";
    private const string SecondaryMonitor = "secondary.sock";
    private const int ReleasedPort = 9005;
    private const int CheckpointsOnDemand = 3_600_000;

    /// <summary>
    /// As docs/COLO.md has them, but for wait=on, so that what is sent from READY=1 on is the secondary's.
    /// </summary>
    private static readonly string[] _redirectors =
    [
        "-chardev", "socket,id=mirror0,host=127.0.0.1,port=9003,server=on,wait=on",
        "-object", "filter-mirror,id=m0,netdev=hn0,queue=tx,outdev=mirror0,vnet_hdr_support=on,enable_when_stopped=on",
        "-chardev", "socket,id=compare0,host=127.0.0.1,port=9001,server=on,wait=on",
        "-object", "filter-redirector,id=redire1,netdev=hn0,queue=rx,outdev=compare0,vnet_hdr_support=on",
    ];

    private readonly Socket _released;
    private long _enteredBefore;
    private long _enteredSince;

    private ColoPair(Lab lab, QemuProcess primary, QemuProcess secondary, GuestConsole secondaryConsole, Socket released)
    {
        Lab = lab;
        SecondaryConsole = secondaryConsole;
        Primary = primary;
        Secondary = secondary;
        PrimaryReceived = new GuestCapture(lab.PathOf("primary.pcap"));
        SecondaryReceived = new GuestCapture(lab.PathOf("secondary.pcap"));
        _released = released;
        Sender = lab.OpenSender(vnetHeader: true);
    }

    public Lab Lab { get; }

    public QemuProcess Primary { get; }

    public QemuProcess Secondary { get; }

    /// <summary>What is said to it is said to the secondary's guest alone, and forgotten at the next checkpoint.</summary>
    public GuestConsole SecondaryConsole { get; }

    public GuestCapture PrimaryReceived { get; }

    public GuestCapture SecondaryReceived { get; }

    public Sidecar Sidecar { get; private set; } = null!;

    /// <summary>Sends to the primary's guest; each packet starts with ten bytes of virtio-net header.</summary>
    public FrameSender Sender { get; }

    /// <summary>What colo-compare lets go.</summary>
    public ChardevPeer Released { get; private set; } = null!;

    private static string Configurations
    {
        get
        {
            for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                if (Path.Combine(folder.FullName, "qemu-configs") is var found && Directory.Exists(found)) return found;
            }

            throw new DirectoryNotFoundException("No qemu-configs above the tests.");
        }
    }

    /// <summary>Boots the primary's guest, starts the sidecar and then COLO; returns when both guests run.</summary>
    public static async Task<ColoPair> StartAsync()
    {
        var lab = await Lab.CreateAsync();
        try
        {
            return await StartAsync(lab);
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    public Task HasVhostAsync() => Vhost.IsActiveAsync(Primary, Nic);

    /// <summary>Ready means that the secondary and colo-compare are connected; whether the secondary reads is another matter.</summary>
    public async Task StartSidecarAsync()
    {
        _enteredBefore = await EnteredAsync();
        Sidecar = Lab.Run(_redirectors);
        await Sidecar.ReadyAsync();
        _enteredSince = await EnteredAsync();
    }

    /// <summary>
    /// Ends it. By the TAP's own count it has given the secondary every frame that came to the primary; only the host's ARP can have come
    /// while it was starting or ending.
    /// </summary>
    public async Task EndSidecarAsync()
    {
        var atLeast = await EnteredAsync() - _enteredSince;
        var reports = await Sidecar.StopAsync();
        var atMost = await EnteredAsync() - _enteredBefore;
        foreach (var report in reports.Values)
        {
            Accounting.Balances(report);
            Assert.That(report.Forwarded, Is.EqualTo(report.KernelSeen), $"{report}");
        }

        Assert.That(reports["m0"].Forwarded, Is.InRange(atLeast, atMost), $"against what entered the TAP: {reports["m0"]}");
    }

    /// <summary>`check` with the sidecar's own options and the secondary's monitor.</summary>
    public Task<CheckRun> CheckAsync() => CheckRun.OfAsync(Lab, [.. _redirectors, "--peer-qmp", $"unix:{Lab.PathOf(SecondaryMonitor)}"]);

    /// <summary>Asks for a checkpoint and returns when it has stopped both guests.</summary>
    public async Task BeginCheckpointAsync()
    {
        var asked = TimeProvider.System.GetUtcNow();
        // A new delay begins with a checkpoint (migration/colo.c, colo_checkpoint_notify).
        await Primary.Qmp.ExecuteAsync("migrate-set-parameters", new JsonObject { ["x-checkpoint-delay"] = CheckpointsOnDemand });
        // There may be those of checkpoints that colo-compare has asked for.
        while ((await Primary.Qmp.WaitForEventAsync("STOP")).At < asked)
        {
        }
    }

    /// <summary>A socket of the host's, from which it speaks to the guests.</summary>
    public Socket OpenClient(SocketType type = SocketType.Dgram, ProtocolType protocol = ProtocolType.Udp) => Lab.Namespace.Run(() =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, type, protocol);
        socket.Bind(new IPEndPoint(IPAddress.Parse(Address), 0));
        return socket;
    });

    public ValueTask DisposeAsync() => Lab.DisposeAsync();

    private static async Task<ColoPair> StartAsync(Lab lab)
    {
        foreach (var tap in (string[])[Lab.TapName, SecondaryTap]) await Tap.CreatePersistentAsync(lab.Namespace, tap);
        await lab.Namespace.ExecAsync("ip", "address", "add", $"{Address}/24", "dev", Lab.TapName);
        await lab.Namespace.ExecAsync(
            "ip", "neigh", "replace", GuestAddress, "lladdr", VhostGuest.Mac, "nud", "permanent", "dev", Lab.TapName);
        var image = await GuestImage.GetAsync();
        var released = lab.Own(Listen(lab));

        // The primary waits for the secondary at its start (compare1 with wait=on).
        var secondary = lab.Own(await QemuProcess.StartAsync(
            lab.Namespace, lab.PathOf(SecondaryMonitor), lab.PathOf("secondary.probe"),
            [.. Machine("secondary"), "-incoming", "tcp:127.0.0.1:9998"]));
        var primary = await lab.StartQemuAsync([.. Machine("primary"), "-S"]);
        var console = lab.Own(await GuestConsole.ConnectAsync(lab.PathOf("primary")));
        await primary.Qmp.ExecuteAsync("cont");
        await console.WaitForBootAsync();

        var secondaryConsole = lab.Own(await GuestConsole.ConnectAsync(lab.PathOf("secondary")));
        var pair = new ColoPair(lab, primary, secondary, secondaryConsole, released);
        await pair.HasVhostAsync();
        await pair.TeachHostsAddressAsync();
        await pair.StartSidecarAsync();
        pair.Released = await pair.AcceptReleasedAsync();
        await pair.StartColoAsync();
        await pair.HasVhostAsync();
        return pair;

        string[] Machine(string name) =>
        [
            "-readconfig", Path.Combine(Configurations, $"colo-{name}.cfg"), .. image.Arguments(lab.PathOf(name)),
            // iPXE would send DHCP.
            "-global", "virtio-net-pci.romfile=",
            "-device", "virtio-serial-pci", "-chardev", $"file,id=own,path={lab.PathOf($"{name}.pcap")}",
            "-device", "virtserialport,chardev=own",
        ];
    }

    private static Socket Listen(Lab lab) => lab.Namespace.Run(() =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, ReleasedPort));
        socket.Listen(1);
        return socket;
    });

    /// <summary>Before COLO: the guest that is copied then knows it, and neither has to ask for it alone.</summary>
    private async Task TeachHostsAddressAsync()
    {
        using var client = OpenClient();
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        await client.SendToAsync(new byte[1], new IPEndPoint(IPAddress.Parse(GuestAddress), 7), deadline.Token);
        await client.ReceiveAsync(new byte[2], deadline.Token);
    }

    private async Task<ChardevPeer> AcceptReleasedAsync()
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        return Lab.Own(new ChardevPeer(await _released.AcceptAsync(deadline.Token), vnetHdrSupport: true));
    }

    private async Task StartColoAsync()
    {
        foreach (var qemu in (QemuProcess[])[Secondary, Primary])
        {
            var colo = new JsonObject { ["capability"] = "x-colo", ["state"] = true };
            await qemu.Qmp.ExecuteAsync("migrate-set-capabilities", new JsonObject { ["capabilities"] = new JsonArray(colo) });
        }

        await Primary.Qmp.ExecuteAsync("migrate-set-parameters", new JsonObject { ["x-checkpoint-delay"] = CheckpointsOnDemand });
        await Primary.Qmp.ExecuteAsync("migrate", new JsonObject { ["uri"] = "tcp:127.0.0.1:9998" });
        await Secondary.Qmp.WaitForRunStateAsync("running");
        await Primary.Qmp.WaitForRunStateAsync("running");
        Assert.That((await ModeAsync(Primary), await ModeAsync(Secondary)), Is.EqualTo(("primary", "secondary")));
        await Primary.Qmp.WaitForEventAsync("RESUME");
        await Primary.Qmp.WaitForEventAsync("RESUME");
    }

    private async Task<long> EnteredAsync()
    {
        var counters = await Tap.CountersAsync(Lab.Namespace, Lab.TapName);
        return counters.TxPackets + counters.TxDropped;
    }

    private static async Task<string?> ModeAsync(QemuProcess qemu) =>
        (string?)(await qemu.Qmp.ExecuteAsync("query-colo-status"))!["mode"];
}
