using QmpRedirector.Check;
using QmpRedirector.Check.Facts;
using QmpRedirector.Net;
using QmpRedirector.Net.Interop;
using QmpRedirector.Options;
using QmpRedirector.Qmp;
using QmpRedirector.Tests.Options;
using QmpRedirector.Vm;

namespace QmpRedirector.Tests.Check;

/// <summary>A host, a VM and a peer where all is well; each test changes what it is about.</summary>
internal static class Scene
{
    public const int Pid = 4711;
    public const ulong CaptureCapability = 1UL << HostFacts.CapNetRaw;
    public const string Server = "socket,id=m0,path=/m0,server=on,wait=off";
    public const string Client = "socket,id=m0,path=/m0";

    public static readonly LinkInfo Tap = new()
    {
        Index = 7,
        Name = "tap0",
        IsUp = true,
        HasCarrier = true,
        Kind = "tun",
        IsTapMode = true,
        HasVnetHeader = true,
        IsMultiQueue = false,
        Qdisc = "noqueue",
    };

    /// <summary>QEMU 7.2 with f0 on netdev n0, which is tap0, writing to a chardev m0 that is free.</summary>
    /// <param name="properties">More of f0, beginning with a comma.</param>
    /// <param name="chardev">The chardev m0.</param>
    public static CheckContext Of(string properties = "", string chardev = Server)
    {
        var run = Parsed.Value(Parsed.Run([chardev], [$"filter-redirector,id=f0,netdev=n0,queue=tx,outdev=m0{properties}"]));
        return new CheckContext(
            new CheckOptions(run, null, false),
            new HostFacts(
                "6.18.5-generic",
                CaptureCapability,
                true,
                new CaptureSupport(["SO_ATTACH_FILTER"], [], null),
                run.Redirectors.ToDictionary(r => r.Id, r => new CaptureSupport(
                    ["SO_ATTACH_FILTER"], [], new BacklogCapacity(r.Backlog, [(1600, 9472), (69_696, 240)])))),
            new Asked<VmFacts>("unix:/qmp", new VmFacts(Greeting(7), Pid, "running", true, false), null),
            [.. run.Redirectors.Select(r => new NetdevFacts(
                "n0",
                r.Ifname,
                NetdevResolution.Found("tap0", 1, "ifname= of info network"),
                Tap,
                new VnetHeaderLength(12, true, "NIC /nic negotiated VERSION_1", VhostStarted: false),
                new TapHolder(Pid, true, 0)))],
            [.. run.Chardevs.Select(c => new ChardevFacts(c, null, false, new UnixSocketUse(false, 0)))],
            null,
            null,
            null,
            null,
            null);
    }

    public static QmpGreeting Greeting(int major) => new(major, 2, 0, "", []);

    /// <summary>The same with what is known of the VM changed.</summary>
    public static CheckContext WithVm(this CheckContext scene, Func<VmFacts, VmFacts> change) =>
        scene with { Vm = scene.Vm! with { Facts = change(scene.Vm.Facts!) } };

    public static CheckContext WithNetdev(this CheckContext scene, Func<NetdevFacts, NetdevFacts> change) =>
        scene with { Netdevs = [.. scene.Netdevs.Select(change)] };

    public static CheckContext WithTap(this CheckContext scene, Func<LinkInfo, LinkInfo> change) =>
        scene.WithNetdev(netdev => netdev with { Link = change(netdev.Link!) });

    public static CheckContext WithChardev(this CheckContext scene, Func<ChardevFacts, ChardevFacts> change) =>
        scene with { Chardevs = [.. scene.Chardevs.Select(change)] };

    public static CheckContext WithHost(this CheckContext scene, Func<HostFacts, HostFacts> change) =>
        scene with { Host = change(scene.Host) };

    /// <summary>With the consumer's QEMU, whose chardev red0 connects to m0.</summary>
    public static CheckContext WithPeer(
        this CheckContext scene, int major = 7, string filename = "disconnected:unix:/m0", bool? frontendOpen = true,
        params PeerConsumer[] consumers) => scene with
    {
        Peer = new Asked<PeerFacts>(
            "unix:/peer", new PeerFacts(Greeting(major), [new PeerChardev("red0", filename, frontendOpen)], consumers), null),
    };

    /// <summary>A filter-redirector f1 that reads red0.</summary>
    public static PeerConsumer Consumer(
        string vnetHdrSupport = "false", string queue = "tx", string status = "on", VnetHeaderLength? header = null) => new(
        "f1",
        PeerConsumer.FilterRedirector,
        "red0",
        [
            ("netdev", "\"n9\""), ("queue", $"\"{queue}\""), ("status", $"\"{status}\""), ("position", "\"tail\""), ("insert",
                "\"behind\""),
            ("indev", "\"red0\""), ("vnet_hdr_support", vnetHdrSupport),
        ],
        header ?? new VnetHeaderLength(12, true, "NIC /nic negotiated VERSION_1"));
}
