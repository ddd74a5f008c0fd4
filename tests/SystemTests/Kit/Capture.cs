namespace QmpRedirector.SystemTests.Kit;

/// <summary>The usual set-up: QEMU holds a TAP, the sidecar's redirector f0 forwards its frames to one peer, a generator sends.</summary>
internal sealed class Capture : IAsyncDisposable
{
    private Capture(Lab lab, QemuProcess qemu, Sidecar sidecar, ChardevPeer peer, FrameSender sender)
    {
        Lab = lab;
        Qemu = qemu;
        Sidecar = sidecar;
        Peer = peer;
        Sender = sender;
    }

    public Lab Lab { get; }

    public QemuProcess Qemu { get; }

    public Sidecar Sidecar { get; }

    public ChardevPeer Peer { get; }

    public FrameSender Sender { get; }

    /// <param name="properties">More properties of f0, beginning with a comma.</param>
    /// <param name="allowance">How many bytes the peer reads before it has to be told to go on.</param>
    /// <param name="qemuArguments">"-S" starts the VM stopped.</param>
    public static async Task<Capture> StartAsync(string properties = "", long allowance = long.MaxValue, params string[] qemuArguments)
    {
        var lab = await Lab.CreateAsync();
        try
        {
            return await StartAsync(lab, properties, allowance, qemuArguments);
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    /// <summary>A redirector of what goes to the guest, forwarded as plain Ethernet.</summary>
    public static string Redirector(string id, string outdev, string properties = "", string type = "filter-redirector") =>
        $"{type},id={id},netdev=net0,queue=tx,outdev={outdev},vnet_hdr_len=0{properties}";

    /// <summary>Ends the sidecar and reads the peer to its end: what has not arrived by then never will.</summary>
    public async Task<RedirectorReport> StopAsync(TimeSpan? within = null)
    {
        var reports = await Sidecar.StopAsync(within);
        await Peer.WaitForEndAsync();
        return reports["f0"];
    }

    public ValueTask DisposeAsync() => Lab.DisposeAsync();

    private static async Task<Capture> StartAsync(Lab lab, string properties, long allowance, string[] qemuArguments)
    {
        var qemu = await lab.StartQemuWithTapAsync(qemuArguments);
        // wait=on, QEMU's default: READY=1 says that the peer has been accepted, so no frame can miss it.
        var sidecar = lab.Run("--chardev", lab.ServerChardev("m0", "wait=on"), "--object", Redirector("f0", "m0", properties));
        var peer = await lab.ConnectPeerAsync("m0", allowance: allowance);
        await sidecar.ReadyAsync();
        return new Capture(lab, qemu, sidecar, peer, lab.OpenSender());
    }
}
