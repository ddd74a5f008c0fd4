using System.Text.Json.Nodes;
using QmpRedirector.SystemTests.Kit;
using QmpRedirector.SystemTests.RunStates;

namespace QmpRedirector.LabTests;

/// <summary>
/// Two QEMUs on one machine, a guest that migrates from one to the other, and what both hosts would share of the network: a bridge with
/// the TAPs of both, and at its third port the sender. No host has an address, so all there is besides are the guest's own announcements.
/// The sidecar beside the source is a plain mirror.
/// </summary>
internal sealed class MigrationPair : IAsyncDisposable
{
    public const string DestinationTap = "tap1";

    private const string Nic = "nic0";
    private const string Bridge = "br0";
    private const string SenderLink = "veth1";

    /// <summary>In ms. An emulated lab may copy too slowly for QEMU's own limit of 300; as an operator would, the test raises it.</summary>
    private const int RaisedDowntimeLimit = 5000;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    private readonly string _uri;

    private MigrationPair(Lab lab, QemuProcess source, QemuProcess destination, string uri)
    {
        Lab = lab;
        Source = source;
        Destination = destination;
        _uri = uri;
        Received = new GuestCapture(lab.PathOf("source.pcap"), lab.PathOf("destination.pcap"));
        Sender = lab.OpenSender(SenderLink);
    }

    public Lab Lab { get; }

    public QemuProcess Source { get; }

    public QemuProcess Destination { get; }

    /// <summary>What the guest says it has received, wherever it was.</summary>
    public GuestCapture Received { get; }

    public FrameSender Sender { get; }

    public Sidecar Sidecar { get; private set; } = null!;

    /// <summary>The reader of what the sidecar mirrors.</summary>
    public ChardevPeer Mirror { get; private set; } = null!;

    /// <summary>Returns when the guest runs at the source, the bridge knows it there, and the sidecar mirrors.</summary>
    public static async Task<MigrationPair> StartAsync()
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

    public static Task HasVhostAsync(QemuProcess qemu) => Vhost.IsActiveAsync(qemu, Nic);

    public static Task<bool> VhostStartedAsync(QemuProcess qemu) => Vhost.HasStartedAsync(qemu, Nic);

    /// <summary>Migrates the guest and returns when QEMU says that it is done.</summary>
    public async Task<Migration> MigrateAsync()
    {
        await Source.Qmp.ExecuteAsync("migrate", new JsonObject { ["uri"] = _uri });
        var started = TimeProvider.System.GetTimestamp();
        var raised = false;
        await Eventually.ThatAsync(
            async () =>
            {
                var state = await Source.Qmp.ExecuteAsync("query-migrate");
                var status = (string?)state!["status"];
                Assert.That(status, Is.Not.EqualTo("failed"), $"the migration: {state}");
                if (status == "completed") return true;
                if (!raised && TimeProvider.System.GetElapsedTime(started) > _patience)
                {
                    raised = true;
                    await Source.Qmp.ExecuteAsync(
                        "migrate-set-parameters", new JsonObject { ["downtime-limit"] = RaisedDowntimeLimit });
                }

                return false;
            },
            "the migration completes");
        var limit = (int)(await Source.Qmp.ExecuteAsync("query-migrate-parameters"))!["downtime-limit"]!;
        var stop = await Source.Qmp.WaitForEventAsync("STOP");
        return new Migration(stop.At, (await Destination.Qmp.WaitForEventAsync("RESUME")).At, limit);
    }

    /// <summary>Returns when the bridge takes the guest to be behind that TAP.</summary>
    public Task LearnsAsync(string tap) => Eventually.ThatAsync(
        async () =>
        {
            var entries = (JsonArray)JsonNode.Parse(await Lab.Namespace.ExecAsync("bridge", "-j", "fdb", "show", "br", Bridge))!;
            return entries.Any(entry => (string?)entry!["mac"] == VhostGuest.Mac && (string?)entry["ifname"] == tap);
        },
        $"the bridge learns that the guest is behind {tap}");

    public Task<LinkCounters> CountersAsync(string tap) => Tap.CountersAsync(Lab.Namespace, tap);

    public ValueTask DisposeAsync() => Lab.DisposeAsync();

    private static async Task<MigrationPair> StartAsync(Lab lab)
    {
        await ConnectHostsAsync(lab.Namespace);
        var image = await GuestImage.GetAsync();
        var source = await lab.StartQemuAsync([.. Machine("source", Lab.TapName), "-S"]);
        var console = lab.Own(await GuestConsole.ConnectAsync(lab.PathOf("source")));
        await source.Qmp.ExecuteAsync("cont");
        await console.WaitForBootAsync();

        var uri = $"unix:{lab.PathOf("migration")}";
        var destination = lab.Own(await QemuProcess.StartAsync(
            lab.Namespace, lab.PathOf("destination.qmp"), lab.PathOf("destination.probe"),
            [.. Machine("destination", DestinationTap), "-incoming", uri]));
        // A guest that prints to a console nobody reads stands still.
        lab.Own(await GuestConsole.ConnectAsync(lab.PathOf("destination")));

        var pair = new MigrationPair(lab, source, destination, uri);
        await HasVhostAsync(source);
        await console.SendAsync("SH arping -q -A -c 1 -I eth0 10.9.0.2");
        await console.WaitForAsync("@SH status=0");
        await pair.LearnsAsync(Lab.TapName);
        await pair.StartSidecarAsync();
        return pair;

        string[] Machine(string name, string tap) =>
        [
            .. image.Arguments(lab.PathOf(name)),
            "-netdev", $"tap,id=net0,ifname={tap},script=no,downscript=no,vhost=on",
            "-device", $"virtio-net-pci,id={Nic},netdev=net0,mac={VhostGuest.Mac},romfile=",
            "-device", "virtio-serial-pci", "-chardev", $"file,id=own,path={lab.PathOf($"{name}.pcap")}",
            "-device", "virtserialport,chardev=own",
        ];
    }

    private static async Task ConnectHostsAsync(NetworkNamespace ns)
    {
        // Without multicast snooping the bridge has nothing to say itself.
        await ns.ExecAsync("ip", "link", "add", Bridge, "type", "bridge", "mcast_snooping", "0");
        await ns.ExecAsync("ip", "link", "add", "veth0", "type", "veth", "peer", "name", SenderLink);
        foreach (var tap in (string[])[Lab.TapName, DestinationTap]) await Tap.CreatePersistentAsync(ns, tap);
        string[] ports = ["veth0", Lab.TapName, DestinationTap];
        foreach (var port in ports) await ns.ExecAsync("ip", "link", "set", port, "master", Bridge);
        foreach (var link in (string[])[Bridge, "veth0", SenderLink]) await ns.ExecAsync("ip", "link", "set", link, "up");
    }

    private async Task StartSidecarAsync()
    {
        Sidecar = Lab.Run(
            "--chardev", Lab.ServerChardev("m0", "wait=on"),
            "--object", "filter-redirector,id=f0,netdev=net0,queue=tx,outdev=m0,enable_when_stopped=on,vnet_hdr_support=on");
        Mirror = await Lab.ConnectPeerAsync("m0", vnetHdrSupport: true);
        await Sidecar.ReadyAsync();
    }
}
