using System.Net;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests;

/// <summary>The cases of QEMU's test-filter-mirror.c and test-filter-redirector.c with the sidecar in the filter's place.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
internal sealed class FilterParityTests
{
    [TestCase("filter-mirror")]
    [TestCase("filter-redirector")]
    public async Task One_frame_arrives_with_its_length_before_it(string type)
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var sidecar = lab.Run(
            "--chardev", lab.ServerChardev("mirror0", "wait=on"), "--object", Capture.Redirector("f0", "mirror0", type: type));
        var peer = await lab.ConnectPeerAsync("mirror0");
        await sidecar.ReadyAsync();

        lab.OpenSender().SendNumbered(22, 1);
        await peer.WaitForFramesAsync(1);
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();

        Assert.That(peer.Frames.Single().Payload, Is.EqualTo(Frames.Numbered(22)));
        Accounting.Holds(report, sent: 1, peer);
    }

    [Test]
    public async Task A_redirected_frame_goes_on_through_the_redirectors_of_a_QEMU()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync(QemuProcess.RedirectorChain(lab.PathOf("redirector0"), lab.PathOf("redirector1")));
        var peer = await lab.ConnectPeerAsync("redirector1");
        var sidecar = lab.Run(
            "--chardev", $"socket,id=m0,path={lab.PathOf("redirector0")},server=off", "--object", Capture.Redirector("f0", "m0"));
        await sidecar.ReadyAsync();

        lab.OpenSender().SendNumbered(8, 1);
        await peer.WaitForFramesAsync(1);

        Assert.That(Probe.NumbersWithout(peer), Is.EqualTo((int[])[8]));
        Accounting.Holds((await sidecar.StopAsync())["f0"], sent: 1, peer);
    }

    [TestCase("tx", new[] { 0, 1, 2, 3 })]
    [TestCase("rx", new[] { 100, 101, 102, 103 })]
    [TestCase("all", new[] { 0, 100, 1, 101, 2, 102, 3, 103 })]
    public async Task A_queue_is_a_direction_seen_from_the_netdev(string queue, int[] expected)
    {
        await using var lab = await Lab.CreateAsync();
        // As libvirt does it: the TAP is opened first and its descriptor passed, so only /proc/PID/fdinfo tells its name.
        // QEMU sets the header to 10 bytes, as no driver has negotiated more.
        var tap = await lab.OpenTapAsync(vnetHeaderLength: 10, inheritable: true);
        await lab.StartQemuAsync("-netdev", $"tap,id=net0,fd={tap.Descriptor}", "-device", "virtio-net-pci,netdev=net0,romfile=");
        var sidecar = lab.Run(
            "--chardev", lab.ServerChardev("m0", "wait=on"),
            "--object", $"filter-redirector,id=f0,netdev=net0,queue={queue},outdev=m0,vnet_hdr_len=0");
        var peer = await lab.ConnectPeerAsync("m0");
        await sidecar.ReadyAsync();
        var sender = lab.OpenSender();

        for (var number = 0; number < 4; number++)
        {
            sender.SendNumbered(number, 1);
            tap.Write(Frames.Numbered(100 + number));
        }

        await peer.WaitForFramesAsync(expected.Length);
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();

        Assert.That(Probe.NumbersWithout(peer), Is.EqualTo(expected));
        Accounting.Holds(report, expected.Length, peer);
    }

    [Test]
    public async Task A_redirector_with_status_off_forwards_nothing_while_its_neighbour_does()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var sidecar = lab.Run(
            "--chardev", lab.ServerChardev("m0", "wait=on"), "--object", Capture.Redirector("f0", "m0", ",status=off"),
            "--chardev", lab.ServerChardev("m1", "wait=on"), "--object", Capture.Redirector("f1", "m1", ",status=on"));
        var off = await lab.ConnectPeerAsync("m0");
        var on = await lab.ConnectPeerAsync("m1");
        await sidecar.ReadyAsync();

        lab.OpenSender().SendNumbered(0, 100);
        await on.WaitForFramesAsync(100);
        var reports = await sidecar.StopAsync();
        await off.WaitForEndAsync();
        await on.WaitForEndAsync();

        Assert.That(off.BytesRead, Is.Zero);
        Accounting.Holds(reports["f0"], sent: 0, off);
        Accounting.Holds(reports["f1"], sent: 100, on);
    }

    [Test]
    public async Task A_frame_sent_to_a_stopped_VM_arrives_with_enable_when_stopped()
    {
        await using var capture = await Capture.StartAsync(",enable_when_stopped=on");
        await capture.Qemu.Qmp.StopAsync();

        capture.Sender.SendNumbered(0, 1);
        await capture.Peer.WaitForFramesAsync(1);

        Accounting.Holds(await capture.StopAsync(), sent: 1, capture.Peer);
    }

    [Test]
    public async Task Each_combination_of_run_state_properties_forwards_in_its_own_run_states()
    {
        // enable_when_stopped, disable_when_running: running only, never, always, stopped only.
        (string Id, string Properties)[] redirectors =
        [
            ("f00", ""), ("f01", ",disable_when_running=on"),
            ("f10", ",enable_when_stopped=on"), ("f11", ",enable_when_stopped=on,disable_when_running=on"),
        ];
        await using var lab = await Lab.CreateAsync();
        var qemu = await lab.StartQemuWithTapAsync();
        var sidecar = lab.Run([.. redirectors.SelectMany(r => (string[])
        [
            "--chardev", lab.ServerChardev("m" + r.Id, "wait=on"), "--object", Capture.Redirector(r.Id, "m" + r.Id, r.Properties),
        ])]);
        var peers = new Dictionary<string, ChardevPeer>();
        foreach (var (id, _) in redirectors) peers[id] = await lab.ConnectPeerAsync("m" + id);
        await sidecar.ReadyAsync();
        var sender = lab.OpenSender();

        sender.SendNumbered(0, 10);
        await peers["f00"].WaitForFramesAsync(10);
        await qemu.Qmp.StopAsync();
        // f11 opens a moment after STOP, so it is sent frames until it has; f10 is open all along.
        var number = 10;
        await Eventually.ThatAsync(
            () =>
            {
                sender.SendNumbered(number++, 1);
                return peers["f11"].Count >= 10;
            },
            "frames reach the redirector that is active only while the VM is stopped");
        await peers["f10"].WaitForFramesAsync(number);
        var reports = await sidecar.StopAsync();
        foreach (var peer in peers.Values) await peer.WaitForEndAsync();

        using (Assert.EnterMultipleScope())
        {
            // A frame sent after STOP may be forwarded before the event has arrived: those are counted.
            Assert.That(Probe.NumbersWithout(peers["f00"]), Is.EqualTo(Enumerable.Range(0, 10 + (int)reports["f00"].Late)));
            Assert.That(Probe.NumbersWithout(peers["f01"]), Is.Empty);
            Assert.That(Probe.NumbersWithout(peers["f10"]), Is.EqualTo(Enumerable.Range(0, number)));
            var first = number - peers["f11"].Count;
            Assert.That(first, Is.GreaterThanOrEqualTo(10));
            Assert.That(Probe.NumbersWithout(peers["f11"]), Is.EqualTo(Enumerable.Range(first, number - first)));
        }

        Accounting.Holds(reports["f00"], atLeast: 10, atMost: number, peers["f00"]);
        Accounting.Holds(reports["f01"], sent: 0, peers["f01"]);
        Accounting.Holds(reports["f10"], sent: number, peers["f10"]);
        Accounting.Holds(reports["f11"], atLeast: peers["f11"].Count, atMost: number - 10, peers["f11"]);
    }

    [Test]
    public async Task A_netdev_behind_a_hub_is_found_too()
    {
        await using var lab = await Lab.CreateAsync();
        await Tap.CreatePersistentAsync(lab.Namespace, Lab.TapName);
        // `info network` names the hub first and the netdev after it.
        await lab.StartQemuAsync(
            "-netdev", $"tap,id=net0,ifname={Lab.TapName},script=no,downscript=no,vhost=off",
            "-netdev", "hubport,id=hub0,hubid=0,netdev=net0");
        var sidecar = lab.Run("--chardev", lab.ServerChardev("m0", "wait=on"), "--object", Capture.Redirector("f0", "m0"));
        var peer = await lab.ConnectPeerAsync("m0");
        await sidecar.ReadyAsync();

        lab.OpenSender().SendNumbered(0, 1);
        await peer.WaitForFramesAsync(1);
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();

        Accounting.Holds(report, sent: 1, peer);
    }

    [Test]
    public async Task A_chardev_over_TCP_carries_the_same_stream()
    {
        const int port = 9003;
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var sidecar = lab.Run(
            "--chardev", $"socket,id=m0,host=127.0.0.1,port={port},server=on,wait=on", "--object", Capture.Redirector("f0", "m0"));
        var peer = await lab.ConnectPeerAsync(new IPEndPoint(IPAddress.Loopback, port));
        await sidecar.ReadyAsync();

        lab.OpenSender().SendNumbered(0, 500, Frames.FullLength);
        await peer.WaitForFramesAsync(500);
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();

        Assert.That(Probe.NumbersWithout(peer), Is.EqualTo(Enumerable.Range(0, 500)));
        Accounting.Holds(report, sent: 500, peer);
    }

    [Test]
    public async Task The_options_of_QEMUs_own_command_line_work_with_one_dash_and_as_JSON()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var sidecar = lab.Start(
        [
            "run", "-qmp", $"unix:{lab.Monitor}", "-chardev", $"socket,id=m0,path={lab.PathOf("m0")},server,nowait",
            "-object", """{"qom-type":"filter-redirector","id":"f0","netdev":"net0","queue":"tx","outdev":"m0","vnet_hdr_len":"0"}""",
        ]);
        await sidecar.ReadyAsync();
        var peer = await lab.ConnectPeerAsync("m0");
        var sender = lab.OpenSender();
        var probes = await Probe.UntilForwardedAsync(sender, peer);

        sender.SendNumbered(0, 1);
        await Eventually.ThatAsync(() => peer.LastNumber == 0, "the frame after the probes is forwarded");
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();

        Assert.That(Probe.NumbersWithout(peer), Is.EqualTo((int[])[0]));
        Accounting.Holds(report, sent: probes + 1, peer);
    }
}
