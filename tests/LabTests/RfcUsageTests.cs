using QmpRedirector.SystemTests;
using QmpRedirector.SystemTests.Kit;
using QmpRedirector.SystemTests.RunStates;
using QmpRedirector.SystemTests.Wire;

namespace QmpRedirector.LabTests;

/// <summary>
/// The usage lines of the RFC ("net/filter-redirector: Add AF_PACKET support for vhost-net") and of the series before it, given to the
/// sidecar as they stand, with a host, a port and a chardev where they leave these open; a released QEMU's filter-redirector reads what it
/// sends.
/// </summary>
[TestFixture]
internal sealed class RfcUsageTests
{
    private const int VnetHeaderLength = 12;
    private const string SecondaryTap = "tap1";

    /// <summary>The series of 2026-02-07 ("net: introduce read_poll/write_poll"), patch 2.</summary>
    private static readonly string[] _whenStopped =
    [
        "-chardev", "socket,id=chardev0,host=127.0.0.1,port=9101,server=on,wait=off",
        "-object", "filter-redirector,id=f0,netdev=net0,queue=tx,outdev=chardev0,enable_when_stopped=true",
    ];

    /// <summary>RFC v1, the primary.</summary>
    private static readonly string[] _primary =
    [
        "-chardev", "socket,id=mirror0,host=127.0.0.1,port=9102,server=on,wait=off",
        "-object", "filter-redirector,id=vm1redir,netdev=net0,in_netdev=net0,outdev=mirror0",
    ];

    private VhostGuest _guest = null!;
    private QemuProcess? _secondary;

    [OneTimeSetUp]
    public async Task The_guest_boots_and_vhost_starts() => _guest = await VhostGuest.BootAsync();

    [OneTimeTearDown]
    public async Task The_guest_ends()
    {
        if (_guest is not null) await _guest.DisposeAsync();
    }

    [TearDown]
    public async Task No_sidecar_and_no_secondary_is_left()
    {
        await _guest.Lab.EndSidecarsAsync();
        if (_secondary is not null) await _secondary.DisposeAsync();
        _secondary = null;
    }

    [Test]
    public async Task The_redirector_with_enable_when_stopped_gives_a_QEMU_every_frame_of_the_running_and_the_stopped_guest()
    {
        await QemuRefusesAsync("enable_when_stopped", _whenStopped);
        await QemuRefusesAsync("Vhost is not supported", Without(_whenStopped, ",enable_when_stopped=true"));

        var running = Forwarding.Packets();
        var stopped = Forwarding.Packets();
        var sidecar = _guest.Lab.Run(_whenStopped);
        var passedOn = await SecondaryReadsAsync(sidecar, "chardev0", port: 9101);
        var received = _guest.Received.Frames.Count;
        var sender = _guest.Lab.OpenSender(vnetHeader: true);
        foreach (var packet in running) sender.Send(packet.Bytes);
        await Eventually.ThatAsync(
            () => _guest.Received.Frames.Count == received + running.Length, "the running guest receives its frames");
        await _guest.Qemu.Qmp.StopAsync();
        await sidecar.WaitForRunStateAsync("paused");
        foreach (var packet in stopped) sender.Send(packet.Bytes);
        await passedOn.WaitForFramesAsync(running.Length + stopped.Length);
        await _guest.Qemu.Qmp.ContinueAsync();
        await _guest.HasVhostAsync();
        // With vhost=on a guest never gets the first frame that comes after a stop.
        await Eventually.ThatAsync(
            () => _guest.Received.Frames.Count >= received + running.Length + stopped.Length - 1, "the guest receives what the TAP has kept");
        var report = (await sidecar.StopAsync())["f0"];

        ByteIdentity.HoldsButForHdrLen(passedOn.Frames.Select(frame => frame.Payload), [.. running, .. stopped]);
        ByteIdentity.Holds(
            [.. passedOn.Frames.Take(running.Length).Select(frame => Comparable(frame.Payload, VnetHeaderLength))],
            GuestReceived(received, running.Length));
        Accounting.Holds(report, sender.Sent, passedOn);
    }

    [Test]
    public async Task The_primary_of_RFC_v1_gives_a_QEMU_what_the_guest_receives_and_what_it_sends()
    {
        await QemuRefusesAsync("in_netdev", _primary);
        await QemuRefusesAsync("Vhost is not supported", Without(_primary, ",in_netdev=net0"));

        var packets = Forwarding.Packets();
        var sidecar = _guest.Lab.Run(_primary);
        var passedOn = await SecondaryReadsAsync(sidecar, "mirror0", port: 9102);
        var received = _guest.Received.Frames.Count;
        var sender = _guest.Lab.OpenSender(vnetHeader: true);
        foreach (var packet in packets) sender.Send(packet.Bytes);
        await Eventually.ThatAsync(() => _guest.Received.Frames.Count == received + packets.Length, "the guest receives its frames");
        // No queue=: QEMU's default is all, so what the guest sends as well.
        await _guest.ShellAsync("arping -q -A -c 1 -I eth0 10.9.0.2");
        await Eventually.ThatAsync(() => OfGuest().Count > 0 && ToGuest().Count == packets.Length, "the secondary has both directions");
        var report = (await sidecar.StopAsync())["vm1redir"];
        await Eventually.ThatAsync(() => passedOn.Count == report.Forwarded, "the secondary passes all on");

        ByteIdentity.HoldsButForHdrLen(ToGuest(), packets);
        ByteIdentity.Holds(
            [.. ToGuest().Select(frame => Comparable(frame, VnetHeaderLength))], GuestReceived(received, packets.Length));
        Accounting.Holds(report, passedOn.Count, passedOn);

        List<byte[]> OfGuest() => [.. passedOn.Frames.Select(frame => frame.Payload).Where(IsGuests)];

        List<byte[]> ToGuest() => [.. passedOn.Frames.Select(frame => frame.Payload).Where(frame => !IsGuests(frame))];
    }

    private static string[] Without(string[] line, string property)
    {
        Assert.That(line[^1], Does.Contain(property));
        return [.. line[..^1], line[^1].Replace(property, "", StringComparison.Ordinal)];
    }

    /// <summary>QEMU itself, started with the line and a netdev with vhost=on: it says why not, and ends.</summary>
    private async Task QemuRefusesAsync(string why, string[] line)
    {
        string[] command =
        [
            QemuProcess.Binary, "-M", "none", "-nodefaults", "-display", "none",
            "-netdev", "tap,id=net0,ifname=own0,script=no,downscript=no,vhost=on", .. line,
        ];
        await using var qemu = CapturedProcess.Start(_guest.Lab.Namespace.CommandLine(command));
        Assert.That(await qemu.WaitForExitAsync(Eventually.Deadline), Is.EqualTo(1), $"exit code; it wrote: {qemu.Error}");
        await TestContext.Progress.WriteLineAsync($"$ {string.Join(' ', command)}\n{qemu.Error.TrimEnd()}");
        Assert.That(qemu.Error, Does.Contain(why));
    }

    /// <summary>
    /// Starts the secondary, a stock vhost=off QEMU with the RFC's line less what no released QEMU has (out_netdev; 7.2 has reconnect in
    /// seconds). The redirector behind it shows what it has passed on towards its guest.
    /// </summary>
    private async Task<ChardevPeer> SecondaryReadsAsync(Sidecar sidecar, string chardev, int port)
    {
        var lab = _guest.Lab;
        await sidecar.ReadyAsync();
        _secondary = await QemuProcess.StartAsync(lab.Namespace, lab.PathOf("secondary.qmp"), lab.PathOf("secondary.probe"),
        [
            .. QemuProcess.TapAndNic(SecondaryTap),
            "-chardev", $"socket,id=red0,host=127.0.0.1,port={port},reconnect=1",
            "-object", "filter-redirector,id=vm2redir,netdev=net0,indev=red0",
            "-chardev", lab.ServerChardev("shown0", "wait=off"),
            "-object", "filter-redirector,id=shown,netdev=net0,queue=tx,outdev=shown0",
        ]);
        var passedOn = await lab.ConnectPeerAsync("shown0");
        await _secondary.WaitForPeerAsync("shown0");
        await sidecar.WaitForLogAsync($"peer connected to chardev {chardev}");
        return passedOn;
    }

    private static bool IsGuests(byte[] frame) => frame.AsSpan(VnetHeaderLength + 6, 6).SequenceEqual(Frames.GuestMac);

    private List<byte[]> GuestReceived(int from, int count) =>
        [.. _guest.Received.Frames.Skip(from).Take(count).Select(frame => Comparable(frame, VnetHeader.Length))];

    /// <summary>The ten bytes of header every reader has, without hdr_len, a hint the guest's kernel makes anew; and the frame.</summary>
    private static byte[] Comparable(byte[] frame, int header) => [.. frame[..2], 0, 0, .. frame[4..VnetHeader.Length], .. frame[header..]];
}
