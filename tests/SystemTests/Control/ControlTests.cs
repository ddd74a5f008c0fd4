using System.Text.Json.Nodes;
using QmpRedirector.SystemTests.Kit;
using static QmpRedirector.SystemTests.Control.ControlKit;

namespace QmpRedirector.SystemTests.Control;

/// <summary>The control socket on a running sidecar, with real frames, driven by a QMP client that is not the product's.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
internal sealed class ControlTests
{
    [Test]
    public async Task Status_off_and_on_works_as_qom_set_does_on_QEMUs_filter()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var (sidecar, peers) = await StartAsync(lab, "f0", "f1");
        using var control = await ControlAsync(lab);
        var sender = lab.OpenSender();

        sender.SendNumbered(0, 10);
        await peers["f0"].WaitForFramesAsync(10);
        await SetAsync(control, "f0", "status", "off");
        sender.SendNumbered(10, 10);
        await peers["f1"].WaitForFramesAsync(20);
        await SetAsync(control, "f0", "status", "on");
        sender.SendNumbered(20, 10);
        await peers["f0"].WaitForFramesAsync(20);
        var reports = await sidecar.StopAsync();
        foreach (var peer in peers.Values)
            await peer.WaitForEndAsync();

        Assert.That(Probe.NumbersWithout(peers["f0"]), Is.EqualTo(Enumerable.Range(0, 10).Concat(Enumerable.Range(20, 10))));
        Accounting.Holds(reports["f0"], sent: 20, peers["f0"]);
        Accounting.Holds(reports["f1"], sent: 30, peers["f1"]);
    }

    [Test]
    public async Task A_property_is_listed_read_and_changed_while_the_VM_is_stopped()
    {
        await using var lab = await Lab.CreateAsync();
        var qemu = await lab.StartQemuWithTapAsync();
        var (sidecar, peers) = await StartAsync(lab, "f0");
        using var control = await ControlAsync(lab);
        await qemu.Qmp.StopAsync();
        var disarmed = await control.WaitForEventAsync("REDIRECTOR_STATE_CHANGED");

        foreach (var path in (string[])["/objects/f0", "/objects/f0/", "objects/f0", "f0"])
            Assert.That((await control.ExecuteAsync("qom-list", Path(path)))!.AsArray(), Is.Not.Empty, path);
        var properties = (await control.ExecuteAsync("qom-list", Path("/objects/f0")))!.AsArray().Select(p => (string)p!["name"]!);
        var before = await GetAsync(control, "f0", "enable_when_stopped");
        await SetAsync(control, "f0", "enable_when_stopped", true);
        lab.OpenSender().SendNumbered(0, 5);
        await peers["f0"].WaitForFramesAsync(5);
        var reports = await sidecar.StopAsync();
        await peers["f0"].WaitForEndAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(disarmed.Name, Is.Not.Empty);
            Assert.That(properties, Is.SupersetOf((string[])["type", "netdev", "queue", "status", "outdev", "vnet_hdr_support", "enable_when_stopped"]));
            Assert.That((bool)before!, Is.False);
        }

        Accounting.Holds(reports["f0"], sent: 5, peers["f0"]);
    }

    [Test]
    public async Task A_redirector_comes_and_goes_with_traffic_flowing_and_the_other_loses_nothing()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var (sidecar, peers) = await StartAsync(lab, "f0");
        using var control = await ControlAsync(lab);
        var sender = lab.OpenSender();
        var sending = Task.Run(async () =>
        {
            for (var number = 0; number < 20_000; number += 100)
            {
                sender.SendNumbered(number, 100);
                // Never more than the slots hold, however long the rings that come and go keep a processor.
                await peers["f0"].WaitForFramesAsync(number - 5000);
            }
        });

        await control.ExecuteAsync("chardev-add", Server("m9", lab.PathOf("m9")));
        await control.ExecuteAsync("object-add", Redirector("f9", "m9"));
        var added = await lab.ConnectPeerAsync("m9");
        var names = (await control.ExecuteAsync("qom-list", Path("/objects")))!.AsArray().Select(o => (string)o!["name"]!).ToList();
        await control.ExecuteAsync("object-del", new JsonObject { ["id"] = "f9" });
        await control.ExecuteAsync("chardev-remove", new JsonObject { ["id"] = "m9" });
        await sending;
        await peers["f0"].WaitForFramesAsync(20_000);
        var reports = await sidecar.StopAsync();
        await peers["f0"].WaitForEndAsync();
        await added.WaitForEndAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(names, Is.EquivalentTo((string[])["f0", "f9"]));
            Assert.That(Probe.NumbersWithout(peers["f0"]), Is.EqualTo(Enumerable.Range(0, 20_000)));
            Assert.That(File.Exists(lab.PathOf("m9")), Is.False, "the removed chardev's socket");
            Assert.That(RedirectorReport.ParseRemoved(sidecar.Error)["f9"].IdentitiesHold, Is.True);
        }

        Accounting.Holds(reports["f0"], sent: 20_000, peers["f0"]);
    }

    [Test]
    public async Task Statistics_agree_with_the_closing_report()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var (sidecar, peers) = await StartAsync(lab, "f0");
        using var control = await ControlAsync(lab);
        lab.OpenSender().SendNumbered(0, 100);
        await peers["f0"].WaitForFramesAsync(100);

        var statistics = (await control.ExecuteAsync("query-netfilter-stats", new JsonObject { ["name"] = "f0" }))!.AsArray().Single()!;
        var report = (await sidecar.StopAsync())["f0"];
        await peers["f0"].WaitForEndAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That((long)statistics["kernel-seen"]!, Is.EqualTo(report.KernelSeen));
            Assert.That((long)statistics["packets-tx"]!, Is.EqualTo(100));
            Assert.That((long)statistics["packets-rx"]!, Is.Zero);
            Assert.That((long)statistics["counters"]![0]!["packets"]!, Is.EqualTo(report.Forwarded));
            Assert.That((long)statistics["counters"]![0]!["bytes"]!, Is.EqualTo(report.Bytes - (4 * report.Forwarded)));
            Assert.That((long)statistics["bytes-tx"]!, Is.EqualTo((long)statistics["counters"]![0]!["bytes"]!), "plain Ethernet: the same bytes");
            Assert.That((bool)statistics["balanced"]!, Is.True);
        }

        Accounting.Holds(report, sent: 100, peers["f0"]);
    }

    [Test]
    public async Task Queries_say_what_the_VM_and_the_redirectors_do()
    {
        await using var lab = await Lab.CreateAsync();
        var qemu = await lab.StartQemuWithTapAsync();
        var (sidecar, _) = await StartAsync(lab, "f0");
        using var control = await ControlAsync(lab);
        var running = (await control.ExecuteAsync("query-status"))!;
        await qemu.Qmp.StopAsync();
        await control.WaitForEventAsync("REDIRECTOR_STATE_CHANGED");
        await Eventually.ThatAsync(
            async () => (string?)(await control.ExecuteAsync("query-status"))!["status"] == "paused", "query-status says paused");
        var paused = (await control.ExecuteAsync("query-status"))!["redirectors"]![0]!;
        var chardev = (await control.ExecuteAsync("query-chardev"))!.AsArray().Single()!;
        await sidecar.StopAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That((bool)running["running"]!, Is.True);
            Assert.That((bool)running["redirectors"]![0]!["active"]!, Is.True);
            Assert.That((string?)running["redirectors"]![0]!["ifname"], Is.EqualTo(Lab.TapName));
            Assert.That((bool)paused["active"]!, Is.False);
            Assert.That((string?)paused["reason"], Is.EqualTo("the VM is paused"));
            Assert.That((string?)chardev["label"], Is.EqualTo("m0"));
            Assert.That((string?)chardev["filename"], Does.StartWith("unix:"));
        }
    }

    [TestCase("qom-set", """{"path":"/objects/f0","property":"status","value":"maybe"}""", "Invalid value for netfilter status, should be 'on' or 'off'")]
    [TestCase("qom-set", """{"path":"/objects/f0","property":"status","value":""}""", "Invalid value for netfilter status, should be 'on' or 'off'")]
    [TestCase("qom-set", """{"path":"/objects/f0","property":"queue","value":""}""", "Parameter 'queue' does not accept value ''")]
    [TestCase("qom-set", """{"path":"/objects/f0","property":"netdev","value":"net1"}""", "cannot be changed while the object exists")]
    [TestCase("qom-set", """{"path":"/objects/f0","property":"queue","value":"up"}""", "Parameter 'queue' does not accept value 'up'")]
    [TestCase("qom-set", """{"path":"/objects/f0","property":"enable_when_stopped","value":"on"}""", "Invalid parameter type for 'enable_when_stopped', expected: boolean")]
    [TestCase("qom-get", """{"path":"/objects/f7","property":"status"}""", "Device '/objects/f7' not found")]
    [TestCase("qom-get", """{"path":"f0","property":"nope"}""", "Property 'filter-redirector.nope' not found")]
    [TestCase("object-add", """{"qom-type":"filter-redirector","id":"f0","netdev":"net0","outdev":"m0"}""", "attempt to add duplicate property 'f0' to object (type 'container')")]
    [TestCase("object-add", """{"qom-type":"filter-redirector","id":"f5","netdev":"net0","outdev":"m0"}""", "Device 'm0' is in use")]
    [TestCase("object-add", """{"qom-type":"filter-redirector","id":"f5","netdev":"net0","outdev":"m5"}""", "OUT Device 'm5' not found")]
    [TestCase("object-add", """{"qom-type":"filter-redirector","id":"f5","netdev":"net0","outdev":"m5","foo":1}""", "Parameter 'foo' is unexpected")]
    [TestCase("object-add", """{"qom-type":"filter-redirector","id":"f5","netdev":"nope","outdev":"free"}""", "QEMU has no netdev 'nope'")]
    [TestCase("object-del", """{"id":"f7"}""", "object 'f7' not found")]
    [TestCase("chardev-remove", """{"id":"m0"}""", "Chardev 'm0' is busy")]
    [TestCase("chardev-remove", """{"id":"m7"}""", "Chardev 'm7' not found")]
    [TestCase("chardev-add", """{"id":"m0","backend":{"type":"socket","data":{"addr":{"type":"unix","data":{"path":"/x"}}}}}""", "Chardev with id 'm0' already exists")]
    [TestCase("chardev-add", """{"id":"m5","backend":{"type":"socket","data":{"addr":{"type":"unix","data":{"path":"/nonexistent/m5"}},"server":false}}}""", "Failed to add chardev 'm5': Failed to connect to '/nonexistent/m5': No such file or directory")]
    [TestCase("no-such-command", "{}", "The command no-such-command has not been found")]
    public async Task What_cannot_be_done_gets_QEMUs_sentence_and_changes_nothing(string command, string arguments, string sentence)
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var (sidecar, peers) = await StartAsync(lab, "f0");
        using var control = await ControlAsync(lab);
        await control.ExecuteAsync("chardev-add", Server("free", lab.PathOf("free")));

        var error = await control.FailAsync(command, (JsonObject)JsonNode.Parse(arguments)!);
        lab.OpenSender().SendNumbered(0, 3);
        await peers["f0"].WaitForFramesAsync(3);
        var reports = await sidecar.StopAsync();
        await peers["f0"].WaitForEndAsync();

        Assert.That(error, Does.Contain(sentence));
        Accounting.Holds(reports["f0"], sent: 3, peers["f0"]);
    }

    [Test]
    public async Task Hundreds_of_clients_are_served_and_those_that_never_read_harm_nobody()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var (sidecar, peers) = await StartAsync(lab, "f0");
        var sender = lab.OpenSender();
        var clients = new List<QmpProbe>();
        try
        {
            for (var i = 0; i < 300; i++)
                clients.Add(await ControlAsync(lab));
            foreach (var silent in clients.Take(100))
                silent.SendWithoutReading("""{"execute":"query-qmp-schema"}""", times: 200);
            sender.SendNumbered(0, 1000);
            await peers["f0"].WaitForFramesAsync(1000);

            await SetAsync(clients[^1], "f0", "status", "off");
            foreach (var client in clients.Skip(200))
                Assert.That((string?)(await GetAsync(client, "f0", "status")), Is.EqualTo("off"));
            var report = (await sidecar.StopAsync())["f0"];
            await peers["f0"].WaitForEndAsync();
            Accounting.Holds(report, sent: 1000, peers["f0"]);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    [Test]
    public async Task Quit_ends_it_cleanly_and_leaves_no_socket()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var (sidecar, peers) = await StartAsync(lab, "f0");
        using var control = await ControlAsync(lab);
        var mode = File.GetUnixFileMode(lab.PathOf("control"));

        await control.ExecuteAsync("quit");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await sidecar.WaitForExitAsync(), Is.Zero);
            Assert.That(mode, Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
            Assert.That(File.Exists(lab.PathOf("control")), Is.False);
        }

        await peers["f0"].WaitForEndAsync();
        Accounting.Holds(sidecar.Reports()["f0"], sent: 0, peers["f0"]);
    }

    [TestCase("\"$@\" --watch | head -n 1", 0, "", TestName = "Watching_ends_with_who_reads_it")]
    [TestCase("\"$@\" > /dev/full", 1, "the output cannot be written: No space left on device", TestName = "Status_says_that_it_cannot_write")]
    public async Task Status_notices_what_happens_to_its_output(string script, int exitCode, string error)
    {
        await using var lab = await Lab.CreateAsync();
        var sidecar = lab.Run("--control", lab.PathOf("control"));
        await Eventually.ThatAsync(() => File.Exists(lab.PathOf("control")), "the control socket is there");

        var status = lab.Start(["status", "--control", lab.PathOf("control")], "sh", "-c", script, "sh");

        Assert.That(await status.WaitForExitAsync(), Is.EqualTo(exitCode), status.Error);
        Assert.That(status.Error, Does.Contain(error).And.Not.Contain("   at "));
        await sidecar.TerminateAsync();
    }

    [Test]
    public async Task Status_shows_one_screen_and_one_document()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var (sidecar, peers) = await StartAsync(lab, "f0");
        lab.OpenSender().SendNumbered(0, 7);
        await peers["f0"].WaitForFramesAsync(7);

        var screen = await OutputOfAsync(lab, "status", "--control", lab.PathOf("control"));
        var document = JsonNode.Parse(await OutputOfAsync(lab, "status", "--control", lab.PathOf("control"), "--json"))!;
        await sidecar.StopAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(screen, Does.Contain("VM   running"));
            Assert.That(screen, Does.Contain("f0   active on tap0"));
            Assert.That(screen, Does.Contain("netdev=net0 queue=tx, armed "));
            Assert.That(screen, Does.Contain("forwarded  7 frames"));
            Assert.That(screen, Does.Contain("connected to m0"));
            Assert.That(screen, Does.Not.Contain("\x1b"), "nothing for a terminal in a pipe");
            Assert.That((long)document["netfilter-stats"]![0]!["counters"]![0]!["packets"]!, Is.EqualTo(7));
        }
    }
}
