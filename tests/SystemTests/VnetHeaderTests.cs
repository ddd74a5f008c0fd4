using System.Net;
using System.Net.Sockets;
using QmpRedirector.SystemTests.Interop;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests;

/// <summary>
/// The test reads the TAP itself, so it knows what the guest gets: virtio-net header and frame. The redirector must forward the same
/// bytes, in the header length asked for.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
internal sealed class VnetHeaderTests
{
    private const int TapHeader = 12;

    [Test]
    public async Task A_frame_is_forwarded_with_the_header_the_guest_gets([Values] bool vnetHdrSupport, [Values(10, 12, 20, 24)] int length)
    {
        await using var lab = await Lab.CreateAsync();
        var tap = await lab.OpenTapAsync();
        var (sidecar, peer) = await StartAsync(lab, vnetHdrSupport, length);
        var sender = lab.OpenSender(vnetHeader: true);
        byte[][] packets = [Finished(), Unfinished(Frames.Udp, ipv6: false), Unfinished(Frames.Tcp, ipv6: true), SuperFrame()];

        foreach (var packet in packets) sender.Send(packet);
        await peer.WaitForFramesAsync(packets.Length);
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();

        using (Assert.EnterMultipleScope())
        {
            foreach (var (frame, sent) in peer.Frames.Zip(packets))
            {
                var guests = tap.Read();
                Assert.That(guests[..VnetHeader.Length], Is.EqualTo(sent[..VnetHeader.Length]), "header at the TAP's reader");
                Assert.That(frame.Payload, Is.EqualTo(Resized(guests, length)));
                Assert.That(frame.AnnouncedVnetHeader, Is.EqualTo(vnetHdrSupport ? (uint)length : null));
            }
        }

        Accounting.Holds(report, packets.Length, peer);
    }

    [Test]
    public async Task Without_a_header_the_frame_is_plain_Ethernet_with_its_checksum_finished([Values] bool vnetHdrSupport)
    {
        await using var lab = await Lab.CreateAsync();
        await lab.OpenTapAsync();
        var (sidecar, peer) = await StartAsync(lab, vnetHdrSupport, 0);
        var sender = lab.OpenSender(vnetHeader: true);
        (byte Protocol, bool Ipv6)[] kinds = [(Frames.Udp, false), (Frames.Udp, true), (Frames.Tcp, false), (Frames.Tcp, true)];

        foreach (var (protocol, ipv6) in kinds) sender.Send(Unfinished(protocol, ipv6));
        await peer.WaitForFramesAsync(kinds.Length);
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                peer.Frames.Select(frame => frame.Payload),
                Is.EqualTo(kinds.Select(kind => Frames.Build(kind.Protocol, Payload(100), kind.Ipv6))));
            Assert.That(peer.Frames.Select(frame => frame.AnnouncedVnetHeader), Is.All.EqualTo(vnetHdrSupport ? 0u : null));
        }

        Accounting.Holds(report, kinds.Length, peer);
    }

    [Test]
    public async Task A_VLAN_tag_kept_beside_the_frame_is_put_back_into_it([Values(0, TapHeader)] int length)
    {
        const ushort tag = 0x2005;
        await using var lab = await Lab.CreateAsync();
        var tap = await lab.OpenTapAsync();
        using var vlan = VlanTagger.Attach(lab.Namespace, tap.Name, (0x8100, tag));
        var (sidecar, peer) = await StartAsync(lab, vnetHdrSupport: true, length);

        lab.OpenSender(vnetHeader: true).Send(Unfinished(Frames.Udp, ipv6: false));
        await peer.WaitForFramesAsync(1);
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();

        var guests = tap.Read();
        var finished = Frames.Build(Frames.Udp, Payload(100));
        byte[] tagged = [.. finished[..12], 0x81, 0x00, tag >> 8, tag & 0xff, .. finished[12..]];
        Assert.That(guests[TapHeader..].Take(18), Is.EqualTo(tagged.Take(18)), "the tag at the TAP's reader");
        Assert.That(peer.Frames.Single().Payload, Is.EqualTo(length == 0 ? tagged : guests));
        Accounting.Holds(report, sent: 1, peer);
    }

    [Test]
    public async Task Without_a_driver_in_the_guest_the_length_found_by_itself_is_QEMUs_before_negotiation()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var sidecar = lab.Run(
            "--chardev", lab.ServerChardev("m0", "wait=on"),
            "--object", "filter-redirector,id=f0,netdev=net0,queue=tx,outdev=m0,vnet_hdr_support=on");
        var peer = await lab.ConnectPeerAsync("m0", vnetHdrSupport: true);
        await sidecar.ReadyAsync();

        lab.OpenSender().Send(Frames.Numbered(1));
        await peer.WaitForFramesAsync(1);
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();

        Assert.That(peer.Frames.Single().AnnouncedVnetHeader, Is.EqualTo(VnetHeader.Length));
        Assert.That(peer.Frames.Single().Payload, Is.EqualTo(Finished()));
        Accounting.Holds(report, sent: 1, peer);
    }

    [Test]
    public async Task What_the_kernels_own_stack_leaves_to_the_device_is_said_in_the_header()
    {
        const int udpLevel = 17;
        const int udpSegment = 103;
        await using var lab = await Lab.CreateAsync();
        var tap = await lab.OpenTapAsync();
        await lab.Namespace.ExecAsync("ip", "address", "add", "10.9.0.1/24", "dev", tap.Name);
        await lab.Namespace.ExecAsync("ip", "neigh", "add", "10.9.0.2", "lladdr", "52:54:00:aa:bb:02", "dev", tap.Name);
        var (sidecar, peer) = await StartAsync(lab, vnetHdrSupport: true, TapHeader);
        using var socket = lab.Namespace.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        var guest = new IPEndPoint(IPAddress.Parse("10.9.0.2"), 7);

        socket.SendTo(Payload(500), guest);
        // UDP_SEGMENT (linux/udp.h): one datagram of 5000 bytes, to be cut by the device into five.
        socket.SetRawSocketOption(udpLevel, udpSegment, BitConverter.GetBytes(1000));
        socket.SendTo(Payload(5000), guest);
        await peer.WaitForFramesAsync(2);
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();

        byte[][] guests = [tap.Read(), tap.Read()];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(peer.Frames.Select(frame => frame.Payload), Is.EqualTo(guests));
            Assert.That(peer.Frames.Select(frame => frame.Payload[0]), Is.All.EqualTo(1), "NEEDS_CSUM");
            Assert.That(peer.Frames.Select(frame => frame.Payload[1]), Is.EqualTo((byte[])[0, VnetHeader.GsoUdp]));
        }

        Accounting.Holds(report, sent: 2, peer);
    }

    private static async Task<(Sidecar Sidecar, ChardevPeer Peer)> StartAsync(Lab lab, bool vnetHdrSupport, int length)
    {
        // QEMU would take frames away from the test if it held the same TAP, so it gets one of its own and ifname= names the test's.
        await lab.StartQemuAsync(QemuProcess.TapAndNic("qemu0"));
        var sidecar = lab.Run(
            "--chardev", lab.ServerChardev("m0", "wait=on"),
            "--object", $"filter-redirector,id=f0,netdev=net0,ifname={Lab.TapName},queue=tx,outdev=m0,"
                + $"vnet_hdr_support={(vnetHdrSupport ? "on" : "off")},vnet_hdr_len={length}");
        var peer = await lab.ConnectPeerAsync("m0", vnetHdrSupport);
        await sidecar.ReadyAsync();
        return (sidecar, peer);
    }

    /// <summary>
    /// What the guest gets, with as much of the virtio-net header as the consumer expects: the rest of a longer one is zero.
    /// </summary>
    private static byte[] Resized(byte[] guests, int length)
    {
        var resized = new byte[length + guests.Length - TapHeader];
        guests.AsSpan(0, Math.Min(length, TapHeader)).CopyTo(resized);
        guests.AsSpan(TapHeader).CopyTo(resized.AsSpan(length));
        return resized;
    }

    private static byte[] Finished() => [.. new byte[VnetHeader.Length], .. Frames.Numbered(1)];

    private static byte[] Unfinished(byte protocol, bool ipv6) =>
    [
        .. VnetHeader.Unfinished(Frames.TransportOffset(ipv6), Frames.ChecksumOffset(protocol)),
        .. Frames.Build(protocol, Payload(100), ipv6, unfinished: true),
    ];

    /// <summary>20000 bytes of TCP in one frame, as a neighbour guest with segmentation offload sends it.</summary>
    private static byte[] SuperFrame()
    {
        const int segmentSize = 1448;
        var transport = Frames.TransportOffset(ipv6: false);
        var checksum = Frames.ChecksumOffset(Frames.Tcp);
        return
        [
            .. VnetHeader.Unfinished(transport, checksum, VnetHeader.GsoTcpV4, segmentSize, headerLength: transport + 20),
            .. Frames.Build(Frames.Tcp, Payload(20_000), unfinished: true),
        ];
    }

    private static byte[] Payload(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i * 7))];
}
