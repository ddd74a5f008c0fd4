using System.Net;
using System.Net.Sockets;

namespace QmpRedirector.SystemTests.Kit;

/// <summary>One test's world: a namespace, a folder for sockets, and everything started in them, taken down in reverse order.</summary>
internal sealed class Lab : IAsyncDisposable
{
    public const string TapName = "tap0";

    private readonly Stack<object> _owned = new();
    private int _sidecars;

    private Lab(NetworkNamespace ns)
    {
        Namespace = ns;
        Folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), ns.Name)).FullName;
    }

    public NetworkNamespace Namespace { get; }

    /// <summary>Short, as a socket's path has room for 107 bytes.</summary>
    public string Folder { get; }

    public string Monitor => PathOf("qmp.sock");

    public static async Task<Lab> CreateAsync() =>
        new(await NetworkNamespace.CreateAsync());

    public string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>Hands something over to be disposed with the lab.</summary>
    public T Own<T>(T thing)
        where T : notnull
    {
        _owned.Push(thing);
        return thing;
    }

    public async Task<Tap> OpenTapAsync(string name = TapName, int vnetHeaderLength = 12, bool inheritable = false) =>
        Own(await Tap.OpenAsync(Namespace, name, vnetHeaderLength, inheritable));

    public FrameSender OpenSender(string ifname = TapName, bool vnetHeader = false) => Own(FrameSender.Open(Namespace, ifname, vnetHeader));

    public async Task<QemuProcess> StartQemuAsync(params string[] arguments) =>
        Own(await QemuProcess.StartAsync(Namespace, Monitor, PathOf("probe.sock"), arguments));

    /// <summary>QEMU holding <see cref="TapName"/> for its netdev net0.</summary>
    public async Task<QemuProcess> StartQemuWithTapAsync(params string[] arguments)
    {
        await Tap.CreatePersistentAsync(Namespace, TapName);
        return await StartQemuAsync([.. QemuProcess.TapAndNic(TapName), .. arguments]);
    }

    /// <summary>`qmp-redirector run` against this lab's QEMU.</summary>
    public Sidecar Run(params string[] arguments)
    {
        if (!Eventually.InLab) return Start(["run", "--qmp", $"unix:{Monitor}", .. arguments]);
        // The second in which SIGTERM is obeyed can be too short there to tell the account as well.
        var control = PathOf($"control{_sidecars}");
        var sidecar = Start(["run", "--qmp", $"unix:{Monitor}", "--control", control, .. arguments]);
        sidecar.Control = control;
        return sidecar;
    }

    public Sidecar Start(IEnumerable<string> arguments, params string[] wrapper) =>
        Own(Sidecar.Start(Namespace, PathOf($"notify{_sidecars++}"), arguments, wrapper));

    /// <summary>A chardev that listens at <see cref="PathOf"/> its own id.</summary>
    public string ServerChardev(string id, string options) => $"socket,id={id},path={PathOf(id)},server=on,{options}";

    public Task<ChardevPeer> ConnectPeerAsync(string chardev, bool vnetHdrSupport = false, long allowance = long.MaxValue) =>
        ConnectPeerAsync(new UnixDomainSocketEndPoint(PathOf(chardev)), vnetHdrSupport, allowance);

    /// <summary>Connects as soon as the chardev listens; the end of a sidecar meanwhile is reported instead of waited out.</summary>
    public async Task<ChardevPeer> ConnectPeerAsync(EndPoint address, bool vnetHdrSupport = false, long allowance = long.MaxValue)
    {
        Socket? connected = null;
        await Eventually.ThatAsync(
            () =>
            {
                NoSidecarHasEnded();
                return (connected = Namespace.Run(() => TryConnect(address))) is not null;
            },
            $"{address} accepts a connection");
        return Own(new ChardevPeer(connected!, vnetHdrSupport, allowance));
    }

    /// <summary>Waits until the sidecar has connected to QEMU's monitor, whether or not QEMU has accepted it.</summary>
    public Task WaitForMonitorClientAsync() => Eventually.ThatAsync(
        () =>
        {
            NoSidecarHasEnded();
            return ConnectionsTo(Monitor) > 0;
        },
        "the sidecar is connected to QEMU's monitor");

    /// <summary>For tests that share a lab: a sidecar left by one that failed would hold QEMU's monitor.</summary>
    public async Task EndSidecarsAsync()
    {
        foreach (var sidecar in _owned.OfType<Sidecar>()) await sidecar.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        while (_owned.TryPop(out var thing))
        {
            if (thing is IAsyncDisposable asynchronous) await asynchronous.DisposeAsync();
            else ((IDisposable)thing).Dispose();
        }

        await Namespace.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>
    /// Connections to a unix socket, accepted (state 03 of /proc/net/unix) or waiting to be (02). Both ends are listed in the namespace
    /// of the one that connected, so these are the sidecar's and not the test's own.
    /// </summary>
    private int ConnectionsTo(string path) => Namespace.Run(() => File.ReadLines("/proc/thread-self/net/unix")
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Count(columns => columns is [_, _, _, _, _, "02" or "03", _, var name] && name == path));

    private static Socket? TryConnect(EndPoint address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(address);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    private void NoSidecarHasEnded()
    {
        foreach (var sidecar in _owned.OfType<Sidecar>())
            Assert.That(sidecar.EndedUnasked, Is.False, $"The sidecar has ended: {sidecar.Error}");
    }
}
