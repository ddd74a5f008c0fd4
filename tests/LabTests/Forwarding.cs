using QmpRedirector.SystemTests.Kit;
using QmpRedirector.SystemTests.RunStates;
using QmpRedirector.SystemTests.Wire;

namespace QmpRedirector.LabTests;

/// <summary>
/// A sidecar beside a <see cref="VhostGuest"/>, a peer that takes its frames with their virtio-net headers, and a generator.
/// </summary>
internal sealed class Forwarding
{
    private const int FirstMark = 20_000_000;
    private const int VnetHeader = 12;
    private const int GuestHeader = 10;

    private static int _started;
    private static int _marks = FirstMark;

    private readonly VhostGuest _guest;
    private readonly LinkCounters _beforeStart;
    private readonly LinkCounters _afterStart;

    private Forwarding(
        VhostGuest guest, Sidecar sidecar, ChardevPeer peer, FrameSender sender, LinkCounters beforeStart, LinkCounters afterStart)
    {
        _guest = guest;
        _beforeStart = beforeStart;
        _afterStart = afterStart;
        Sidecar = sidecar;
        Peer = peer;
        Sender = sender;
    }

    public Sidecar Sidecar { get; }

    public ChardevPeer Peer { get; }

    /// <summary>Each packet given to it starts with a virtio-net header.</summary>
    public FrameSender Sender { get; private set; }

    /// <param name="ifname">Where the generator sends, if not into the TAP itself.</param>
    public static async Task<Forwarding> StartAsync(VhostGuest guest, string ifname = Lab.TapName)
    {
        var lab = guest.Lab;
        var before = await Tap.CountersAsync(lab.Namespace, Lab.TapName);
        var chardev = $"v{_started++}";
        var sidecar = lab.Run(
            "--chardev", lab.ServerChardev(chardev, "wait=on"),
            "--object", $"filter-redirector,id=f0,netdev=net0,queue=tx,outdev={chardev},vnet_hdr_support=on");
        var peer = await lab.ConnectPeerAsync(chardev, vnetHdrSupport: true);
        await sidecar.ReadyAsync();
        var after = await Tap.CountersAsync(lab.Namespace, Lab.TapName);
        return new Forwarding(guest, sidecar, peer, lab.OpenSender(ifname, vnetHeader: true), before, after);
    }

    public void Send(byte[] frame) => Sender.Send([.. new byte[GuestHeader], .. frame]);

    public void SendNumbered(int first, int count)
    {
        for (var number = first; number < first + count; number++) Send(Frames.Numbered(number));
    }

    /// <summary>The numbers of what <see cref="BetweenMarksAsync"/> returns, marks left out, every frame checked byte for byte.</summary>
    public static int[] NumbersOf(IEnumerable<byte[]> frames) =>
        [.. frames.Select(frame => Frames.NumberOf(frame.AsSpan(GuestHeader))).Where(number => number < FirstMark)];

    /// <summary>Plain frames, unfinished checksums, and TCP super-frames. This kernel's TAP takes no UDP ones (USO, Linux 6.2).</summary>
    public static WirePacket[] Packets() =>
    [
        .. WirePacket.Ordinary(),
        .. WirePacket.SuperFrames().Where(packet => packet.Name.Contains("TCP", StringComparison.Ordinal)),
    ];

    /// <summary>After the TAP was without a reader: its fall is pending as an error at the socket that saw it.</summary>
    public void OpenSenderAnew() => Sender = _guest.Lab.OpenSender(vnetHeader: true);

    public void Send(IEnumerable<WirePacket> packets)
    {
        foreach (var packet in packets) Sender.Send(packet.Bytes);
    }

    /// <summary>
    /// What lay between two marks at the guest and at the peer, each as the ten bytes of header both have and the frame; hdr_len left out,
    /// a hint the guest's kernel makes anew. Ends the sidecar, whose account is held against the TAP's own counters.
    /// </summary>
    public async Task<(IReadOnlyList<byte[]> Guest, IReadOnlyList<byte[]> Forwarded)> BetweenMarksAsync(Func<Task> traffic)
    {
        var first = SendMark();
        await traffic();
        var last = SendMark();
        await Eventually.ThatAsync(() => _guest.Received.Frames.Any(frame => frame.AsSpan().EndsWith(last)), "the guest has the last mark");
        await Eventually.ThatAsync(() => Peer.Frames.Any(frame => frame.Payload.AsSpan().EndsWith(last)), "the peer has the last mark");
        await EndAsync();

        Assert.That(Peer.Frames.Select(frame => frame.AnnouncedVnetHeader), Is.All.EqualTo((uint)VnetHeader));
        var forwarded = Peer.Frames.Select(frame => (byte[])[.. frame.Payload[..GuestHeader], .. frame.Payload[VnetHeader..]]);
        return (Between(_guest.Received.Frames, first, last), Between([.. forwarded], first, last));
    }

    /// <summary>
    /// Ends the sidecar: it has forwarded every frame that entered the TAP, by the TAP's own count. Only where the host answers the guest,
    /// or announces a new link, can frames enter while the sidecar starts or ends.
    /// </summary>
    public async Task EndAsync()
    {
        var atLeast = await EnteredSinceAsync(_afterStart);
        var report = (await Sidecar.StopAsync())["f0"];
        await Peer.WaitForEndAsync();
        Accounting.Holds(report, atLeast, await EnteredSinceAsync(_beforeStart), Peer);
    }

    /// <summary>Sends marks until the guest has one, as after a boot: from then on it gets every frame.</summary>
    public Task UntilReceivedAsync()
    {
        List<byte[]> marks = [];
        return Eventually.ThatAsync(
            () =>
            {
                marks.Add(SendMark());
                return _guest.Received.Frames.Any(frame => marks.Exists(mark => frame.AsSpan().EndsWith(mark)));
            },
            "the guest receives again");
    }

    private async Task<long> EnteredSinceAsync(LinkCounters then)
    {
        var now = await Tap.CountersAsync(_guest.Lab.Namespace, Lab.TapName);
        Assert.That(now.TxDropped, Is.EqualTo(then.TxDropped), "the TAP's ring lost nothing before its reader");
        return now.TxPackets - then.TxPackets;
    }

    private byte[] SendMark()
    {
        var mark = Frames.Numbered(_marks++);
        Send(mark);
        // A tag may be put into it on its way: its end stays its own.
        return mark[Frames.EthernetHeader..];
    }

    private static List<byte[]> Between(IReadOnlyList<byte[]> frames, byte[] first, byte[] last)
    {
        var all = frames.ToList();
        var from = all.FindIndex(frame => frame.AsSpan().EndsWith(first));
        var to = all.FindLastIndex(frame => frame.AsSpan().EndsWith(last));
        Assert.That(from, Is.Not.Negative, "the first mark is there");
        Assert.That(to, Is.GreaterThan(from), "and the last one, after it");
        return [.. all.Skip(from + 1).Take(to - from - 1).Select(frame => (byte[])[.. frame[..2], 0, 0, .. frame[4..]])];
    }
}
