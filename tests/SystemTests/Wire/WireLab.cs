using QmpRedirector.SystemTests.Kit;
using QmpRedirector.Testing;

namespace QmpRedirector.SystemTests.Wire;

/// <summary>
/// The test reads the TAP as a guest's vhost would, while the sidecar forwards from it. The VM is a scripted one: no QEMU could hold the
/// same TAP without taking frames away, and all that is asked of it here is that it runs.
/// </summary>
internal sealed class WireLab : IAsyncDisposable
{
    private const int FirstMark = 20_000_000;

    private readonly Lab _lab;
    private readonly int _vnetHeaderLength;
    private int _marks = FirstMark;

    private WireLab(Lab lab, Tap tap, int vnetHeaderLength)
    {
        _lab = lab;
        _vnetHeaderLength = vnetHeaderLength;
        Tap = tap;
        Guest = lab.Own(new TapRecorder(tap));
        Sender = lab.OpenSender(vnetHeader: true);
    }

    public Tap Tap { get; }

    public NetworkNamespace Namespace => _lab.Namespace;

    public TapRecorder Guest { get; }

    public FrameSender Sender { get; }

    public Sidecar Sidecar { get; private set; } = null!;

    public ChardevPeer Peer { get; private set; } = null!;

    /// <summary>The sidecar's account, once it has ended.</summary>
    public RedirectorReport Report { get; private set; } = null!;

    /// <summary>A running VM, its TAP and their namespace; <see cref="ForwardAsync"/> starts the sidecar.</summary>
    public static async Task<WireLab> CreateAsync(int vnetHeaderLength = 12)
    {
        var lab = await Lab.CreateAsync();
        lab.Own(FakeVm.StartAt(lab.Monitor));
        return new WireLab(lab, await lab.OpenTapAsync(), vnetHeaderLength);
    }

    /// <summary>The same with the sidecar forwarding.</summary>
    public static async Task<WireLab> StartAsync(int vnetHeaderLength = 12, string queue = "tx")
    {
        var lab = await CreateAsync(vnetHeaderLength);
        await lab.ForwardAsync(queue);
        return lab;
    }

    /// <summary>Starts the sidecar; READY=1 says that the peer is connected and the capture on.</summary>
    public async Task ForwardAsync(string queue = "tx", string properties = "", long allowance = long.MaxValue, params string[] wrapper)
    {
        Sidecar = _lab.Start(
            [
                "run", "--qmp", $"unix:{_lab.Monitor}", "--chardev", _lab.ServerChardev("m0", "wait=on"),
                "--object", $"filter-redirector,id=f0,netdev=net0,ifname={Tap.Name},queue={queue},outdev=m0,vnet_hdr_support=on,"
                    + $"vnet_hdr_len={_vnetHeaderLength}{properties}",
            ],
            wrapper);
        Peer = await _lab.ConnectPeerAsync("m0", vnetHdrSupport: true, allowance);
        await Sidecar.ReadyAsync();
    }

    public T Own<T>(T thing)
        where T : notnull => _lab.Own(thing);

    public void Send(IEnumerable<WirePacket> packets)
    {
        foreach (var packet in packets) Sender.Send(packet.Bytes);
    }

    /// <summary>
    /// Sends a mark, lets the traffic run, sends another, and ends the sidecar: what lay between the marks, at the TAP's reader and at the
    /// peer. The kernel's own announcements (IPv6 multicast reports) are between them too; what it sent before the capture was on is not.
    /// </summary>
    public async Task<(IReadOnlyList<byte[]> Guest, IReadOnlyList<byte[]> Forwarded)> BetweenMarksAsync(Func<Task> traffic)
    {
        var first = SendMark();
        await traffic();
        var last = SendMark();
        await Eventually.ThatAsync(() => IsNear(Guest.Frames, frame => frame, last), "the TAP's reader has the last mark");
        await Eventually.ThatAsync(() => IsNear(Peer.Frames, frame => frame.Payload, last), "the peer has the last mark");
        var report = await StopAsync();

        var guest = Between(Guest.Frames, first, last);
        var counters = await Tap.CountersAsync();
        Assert.That(counters.TxDropped, Is.Zero, "the TAP's ring lost nothing before its reader");
        Assert.That(counters.TxPackets, Is.InRange(guest.Count + 2, Guest.Count), "frames the TAP counted as read");
        Assert.That(Peer.Frames.Select(frame => frame.AnnouncedVnetHeader), Is.All.EqualTo((uint)_vnetHeaderLength));
        Accounting.Holds(report, guest.Count + 2, Guest.Count, Peer);
        return (guest, Between([.. Peer.Frames.Select(frame => frame.Payload)], first, last));
    }

    public Task<(IReadOnlyList<byte[]> Guest, IReadOnlyList<byte[]> Forwarded)> BetweenMarksAsync(IEnumerable<WirePacket> packets) =>
        BetweenMarksAsync(() =>
        {
            Send(packets);
            return Task.CompletedTask;
        });

    /// <summary>Ends the sidecar and reads the peer to its end.</summary>
    public async Task<RedirectorReport> StopAsync()
    {
        Report = (await Sidecar.StopAsync())["f0"];
        await Peer.WaitForEndAsync();
        return Report;
    }

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    private byte[] SendMark()
    {
        var mark = Frames.Numbered(_marks++);
        Sender.Send([.. new byte[VnetHeader.Length], .. mark]);

        // A tag may be put into it on its way: its end stays its own.
        return mark[Frames.EthernetHeader..];
    }

    /// <summary>Among the last frames: what the kernel sends of itself may come after the mark.</summary>
    private static bool IsNear<T>(IReadOnlyList<T> frames, Func<T, byte[]> bytes, byte[] mark) =>
        frames.Skip(frames.Count - 20).Any(frame => bytes(frame).AsSpan().EndsWith(mark));

    private static List<byte[]> Between(IReadOnlyList<byte[]> frames, byte[] first, byte[] last)
    {
        var from = frames.ToList().FindIndex(frame => frame.AsSpan().EndsWith(first));
        var to = frames.ToList().FindLastIndex(frame => frame.AsSpan().EndsWith(last));
        Assert.That((from, to), Is.Not.EqualTo((-1, -1)), "both marks are there");
        return [.. frames.Skip(from + 1).Take(to - from - 1)];
    }
}
