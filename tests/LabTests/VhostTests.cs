using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using QmpRedirector.SystemTests.Kit;
using QmpRedirector.SystemTests.RunStates;
using QmpRedirector.SystemTests.Wire;

namespace QmpRedirector.LabTests;

/// <summary>Beside a guest with vhost=on. One guest for all, as a boot takes longer than a test.</summary>
[TestFixture]
internal sealed class VhostTests
{
    /// <summary>The guest's UDP and TCP sink.</summary>
    private static readonly IPEndPoint _sink = new(IPAddress.Parse("10.9.0.2"), 9);

    private VhostGuest _guest = null!;

    [OneTimeSetUp]
    public async Task The_guest_boots_and_vhost_starts() => _guest = await VhostGuest.BootAsync();

    [OneTimeTearDown]
    public async Task The_guest_ends()
    {
        if (_guest is not null) await _guest.DisposeAsync();
    }

    [TearDown]
    public Task No_sidecar_is_left() => _guest.Lab.EndSidecarsAsync();

    [Test]
    public async Task QEMU_refuses_its_own_filter_where_the_sidecar_forwards()
    {
        await _guest.RefusesItsOwnFilterAsync("Vhost is not supported");

        var forwarding = await Forwarding.StartAsync(_guest);
        var (guest, forwarded) = await forwarding.BetweenMarksAsync(() =>
        {
            forwarding.SendNumbered(0, 100);
            return Task.CompletedTask;
        });

        ByteIdentity.Holds(forwarded, guest);
        Assert.That(Forwarding.NumbersOf(forwarded), Is.EqualTo(Enumerable.Range(0, 100)));
    }

    [Test]
    public async Task Each_combination_of_properties_forwards_in_its_own_run_states()
    {
        var redirectors = await EightRedirectors.StartAsync(_guest.Lab);
        await redirectors.ReadyAsync();
        await _guest.HasVhostAsync();
        var received = _guest.Received.Frames.Count;

        redirectors.Send("running");
        await Eventually.ThatAsync(() => _guest.Received.Frames.Count == received + 1, "the guest receives the first frame");
        for (var round = 0; round < 2; round++)
        {
            await EnterAsync("paused", _guest.Qemu.Qmp.StopAsync);
            Assert.That(await _guest.VhostStartedAsync(), Is.False, "a stopped VM has no vhost");
            var taken = await TakenAsync();
            for (var i = 0; i < 10; i++) redirectors.Send("paused");
            await Eventually.ThatAsync(async () => await TakenAsync() > taken, "QEMU has read a frame from the TAP");
            await EnterAsync("running", _guest.Qemu.Qmp.ContinueAsync);
            redirectors.Send("running");
        }

        await redirectors.EndAsync();
        await _guest.HasVhostAsync();

        // Frames 1 to 10 were sent to the stopped VM, 11 to the running one, and so on. While vhost has stopped QEMU itself reads one
        // frame, which it drops when it continues; the others stay in the TAP.
        await Eventually.ThatAsync(() => Last() == 22, "the guest receives the last frame");
        Assert.That(
            _guest.Received.Frames.Skip(received).Select(frame => Frames.NumberOf(frame.AsSpan(VnetHeader.Length))),
            Is.EqualTo(Enumerable.Range(0, 23).Where(number => number is not (1 or 12))),
            "what stop and cont leave of the guest's own frames");

        async Task<long> TakenAsync() => (await Tap.CountersAsync(_guest.Lab.Namespace, Lab.TapName)).TxPackets;

        int Last() => Frames.NumberOf(_guest.Received.Frames[^1].AsSpan(VnetHeader.Length));

        async Task EnterAsync(string runState, Func<Task> how)
        {
            var mark = redirectors.LogMark;
            await how();
            await redirectors.WaitForRunStateAsync(mark, runState);
        }
    }

    [Test]
    public async Task Frames_with_offloads_and_super_frames_are_those_the_guest_receives()
    {
        var packets = Forwarding.Packets();
        var forwarding = await Forwarding.StartAsync(_guest);
        var (guest, forwarded) = await forwarding.BetweenMarksAsync(() =>
        {
            forwarding.Send(packets);
            return Task.CompletedTask;
        });

        ByteIdentity.Holds(forwarded, guest);
        ByteIdentity.Holds(forwarded, [.. packets.Select(WithoutHdrLen)]);
    }

    [Test]
    public async Task A_TCP_transfer_to_the_guest_with_its_super_frames()
    {
        const int length = 2 * 1024 * 1024;
        await using var links = new Links(_guest.Lab.Namespace);
        await links.AddressAsync(Lab.TapName);
        var forwarding = await Forwarding.StartAsync(_guest);
        var (guest, forwarded) = await forwarding.BetweenMarksAsync(() => TransferAsync(length));

        ByteIdentity.Holds(forwarded, guest);
        Assert.That(guest.Count(frame => frame[1] == VnetHeader.GsoTcpV4), Is.GreaterThan(20), "super-frames: 32 of 64 KiB, or more smaller ones");
        Assert.That(guest.Sum(frame => (long)frame.Length), Is.GreaterThan(length));
    }

    [Test]
    public async Task Datagrams_the_kernel_sends_through_a_VLAN_device()
    {
        await using var links = new Links(_guest.Lab.Namespace);
        await links.AddAsync("tap0.9", "link", Lab.TapName, "name", "tap0.9", "type", "vlan", "id", "9");
        await links.AddressAsync("tap0.9");
        var forwarding = await Forwarding.StartAsync(_guest);
        var (guest, forwarded) = await forwarding.BetweenMarksAsync(() =>
        {
            using var socket = _guest.Lab.Namespace.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
            for (var i = 0; i < 20; i++) socket.SendTo(new byte[i * 70], _sink);
            return Task.CompletedTask;
        });

        ByteIdentity.Holds(forwarded, guest);
        // The guest has no address in this VLAN, so there is nothing else than these and the host's ARP.
        Assert.That(guest.Count(frame => IsTagged(frame, 9) && frame[0] == 1), Is.EqualTo(20), "tagged, with an unfinished checksum");
    }

    [Test]
    public async Task Tags_of_a_VLAN_device_on_the_TAP_are_those_the_guest_receives()
    {
        await using var links = new Links(_guest.Lab.Namespace);
        await links.AddAsync("tap0.5", "link", Lab.TapName, "name", "tap0.5", "type", "vlan", "id", "5");

        await ForwardsTaggedAsync("tap0.5", tag: 5);
    }

    [Test]
    public async Task Tags_of_a_VLAN_aware_bridge_are_those_the_guest_receives()
    {
        var ns = _guest.Lab.Namespace;
        await using var links = new Links(ns);
        await links.AddAsync(
            "br0", "name", "br0", "type", "bridge", "vlan_filtering", "1", "vlan_default_pvid", "0", "mcast_snooping", "0");
        await links.AddAsync("veth0", "name", "veth0", "type", "veth", "peer", "name", "veth1");
        await ns.ExecAsync("ip", "link", "set", "veth1", "up");
        foreach (var port in (string[])["veth0", Lab.TapName]) await ns.ExecAsync("ip", "link", "set", port, "master", "br0");
        await ns.ExecAsync("bridge", "vlan", "add", "dev", "veth0", "vid", "7", "pvid", "untagged");
        await ns.ExecAsync("bridge", "vlan", "add", "dev", Lab.TapName, "vid", "7");

        await ForwardsTaggedAsync("veth1", tag: 7);
    }

    [Test]
    public async Task A_link_set_off_by_QMP_stops_vhost_and_not_the_capture()
    {
        var forwarding = await Forwarding.StartAsync(_guest);
        var (guest, forwarded) = await forwarding.BetweenMarksAsync(async () =>
        {
            await SetLinkAsync(up: false);
            await Eventually.ThatAsync(async () => !await _guest.VhostStartedAsync(), "vhost stops");
            forwarding.SendNumbered(0, 10);
            await forwarding.Peer.WaitForFramesAsync(11);
            await SetLinkAsync(up: true);
            await _guest.HasVhostAsync();
            await forwarding.UntilReceivedAsync();
            forwarding.SendNumbered(10, 10);
        });

        Assert.That(Forwarding.NumbersOf(forwarded), Is.EqualTo(Enumerable.Range(0, 20)));
        // Without vhost QEMU itself reads the TAP, and drops what comes for a link that is off.
        Assert.That(Forwarding.NumbersOf(guest), Is.EqualTo(Enumerable.Range(10, 10)));

        Task SetLinkAsync(bool up) => _guest.Qemu.Qmp.ExecuteAsync("set_link", new JsonObject { ["name"] = "net0", ["up"] = up });
    }

    private async Task ForwardsTaggedAsync(string ifname, ushort tag)
    {
        var packets = Forwarding.Packets();
        var forwarding = await Forwarding.StartAsync(_guest, ifname);
        var (guest, forwarded) = await forwarding.BetweenMarksAsync(() =>
        {
            forwarding.Send(packets);
            return Task.CompletedTask;
        });

        ByteIdentity.Holds(forwarded, guest);
        ByteIdentity.Holds(forwarded, [.. packets.Select(packet => WithoutHdrLen(packet.Tagged(0x8100, tag)))]);
    }

    private async Task TransferAsync(int length)
    {
        using var client = _guest.Lab.Namespace.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        await client.ConnectAsync(_sink, deadline.Token);
        var data = new byte[length];
        for (var sent = 0; sent < length;) sent += await client.SendAsync(data.AsMemory(sent), deadline.Token);
        client.Shutdown(SocketShutdown.Send);
        Assert.That(await client.ReceiveAsync(new byte[1], deadline.Token), Is.Zero, "the guest has read it all and closes too");
    }

    private static bool IsTagged(byte[] frame, int tag) =>
        frame.AsSpan(VnetHeader.Length + 12, 4).SequenceEqual((byte[])[0x81, 0x00, (byte)(tag >> 8), (byte)tag]);

    private static byte[] WithoutHdrLen(WirePacket packet) => [.. packet.Header[..2], 0, 0, .. packet.Header[4..], .. packet.Frame];
}
