using System.Diagnostics;
using System.Text.Json.Nodes;
using QmpRedirector.SystemTests.Kit;
using QmpRedirector.Testing;
using static QmpRedirector.SystemTests.Control.ControlKit;

namespace QmpRedirector.SystemTests.Control;

/// <summary>Redirectors and chardevs that come and go while the sidecar runs.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
internal sealed class ObjectLifeTests
{
    [Test]
    public async Task A_sidecar_without_objects_gets_them_by_hand_typed_JSON()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var sidecar = lab.Run("--control", lab.PathOf("control"));
        await sidecar.ReadyAsync();

        var answers = await SocatAsync(
            lab,
            "{ 'execute': 'qmp_capabilities' }",
            $$"""
            { "execute": "chardev-add", "arguments": { "id": "m0", "backend": { "type": "socket", "data": {
                "addr": { "type": "unix", "data": { "path": "{{lab.PathOf("m0")}}" } }, "server": true, "wait": false } } } }
            """,
            """{ "execute": "object-add", "arguments": { "qom-type": "filter-redirector", "id": "f0", "netdev": "net0", "outdev": "m0" } }""",
            """{ "execute": "qom-list", "arguments": { "path": "/objects" }, "id": 7 }""");
        var peer = await lab.ConnectPeerAsync("m0");
        using var control = await ControlAsync(lab);
        await SetAsync(control, "f0", "vnet_hdr_len", "0");
        var sender = lab.OpenSender();
        var probes = await Probe.UntilForwardedAsync(sender, peer);
        var before = peer.Count;
        sender.SendNumbered(0, 20);
        await peer.WaitForFramesAsync(before + 20);
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();

        Assert.That(answers, Is.EqualTo(
            [
                """{"return": {}}""",
                """{"return": {}}""",
                """{"return": {}}""",
                """{"return": [{"name": "f0", "type": "child<filter-redirector>"}], "id": 7}""",
            ]));
        Assert.That(Probe.NumbersWithout(peer), Is.EqualTo(Enumerable.Range(0, 20)));
        Accounting.Balances(report);
        Assert.That(report.KernelSeen, Is.EqualTo(20 + probes));
    }

    [Test]
    public async Task A_hundred_redirectors_come_and_go_and_leave_nothing_behind()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var (sidecar, peers) = await StartAsync(lab, "f0");
        using var control = await ControlAsync(lab);
        await control.ExecuteAsync("chardev-add", Server("m9", lab.PathOf("m9")));
        await CycleAsync(control);
        var (descriptors, threads) = Held(sidecar);
        using var done = new CancellationTokenSource();
        var sender = lab.OpenSender();
        var sent = 0;
        var sending = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested && sent < 200_000)
            {
                sender.SendNumbered(sent, 100);
                sent += 100;
                // Never more than the slots hold, however long the rings that come and go keep a processor.
                await peers["f0"].WaitForFramesAsync(sent - 5000);
            }
        });

        for (var i = 0; i < 100; i++)
            await CycleAsync(control);
        await done.CancelAsync();
        await sending;
        await peers["f0"].WaitForFramesAsync(sent);

        // A thread or descriptor is given back a moment after the answer.
        await Eventually.ThatAsync(() => Held(sidecar).Descriptors <= descriptors, "descriptors are given back");
        await Eventually.ThatAsync(() => Held(sidecar).Threads <= threads + 4, "threads are given back");
        var report = (await sidecar.StopAsync())["f0"];
        await peers["f0"].WaitForEndAsync();

        Assert.That(Probe.NumbersWithout(peers["f0"]), Is.EqualTo(Enumerable.Range(0, sent)));
        Accounting.Holds(report, sent, peers["f0"]);
    }

    [Test]
    public async Task A_chardev_whose_only_connection_has_ended_takes_no_other_redirector()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        using var listener = new ChardevListener(lab.PathOf("m0"));
        var sidecar = lab.Run(
            "--control", lab.PathOf("control"), "--chardev", $"socket,id=m0,path={lab.PathOf("m0")}", "--object", Capture.Redirector("f0", "m0"));
        await sidecar.ReadyAsync();
        using var control = await ControlAsync(lab);

        await control.ExecuteAsync("object-del", new JsonObject { ["id"] = "f0" });
        var error = await control.FailAsync("object-add", Redirector("f0", "m0"));
        await sidecar.TerminateAsync();

        Assert.That(error, Does.Contain("The connection of chardev 'm0' has ended").And.Contain("chardev-remove and chardev-add it"));
    }

    [Test]
    public async Task An_object_whose_netdev_is_not_there_yet_waits_in_prelaunch_as_one_of_the_command_line_does()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.OpenTapAsync();
        lab.Own(FakeVm.StartAt(lab.Monitor, "prelaunch"));
        var sidecar = lab.Run("--control", lab.PathOf("control"));
        await sidecar.ReadyAsync();
        using var control = await ControlAsync(lab);
        await control.ExecuteAsync("chardev-add", Server("m0", lab.PathOf("m0")));

        await control.ExecuteAsync("object-add", new JsonObject
        {
            ["qom-type"] = "filter-redirector", ["id"] = "f0", ["netdev"] = "later", ["outdev"] = "m0",
        });
        var waiting = (await control.ExecuteAsync("query-status"))!["redirectors"]![0]!;
        var reports = await sidecar.StopAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)waiting["reason"], Is.EqualTo("there is no TAP"));
            Assert.That(sidecar.Error, Does.Contain("later"));
        }

        Accounting.Balances(reports["f0"]);
    }

    [Test]
    public async Task A_chardev_serves_the_redirector_that_follows_one_that_was_deleted()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var (sidecar, peers) = await StartAsync(lab, "f0");
        using var control = await ControlAsync(lab);
        var sender = lab.OpenSender();
        sender.SendNumbered(0, 10);
        await peers["f0"].WaitForFramesAsync(10);

        await control.ExecuteAsync("object-del", new JsonObject { ["id"] = "f0" });
        await peers["f0"].WaitForEndAsync();
        await control.ExecuteAsync("object-add", Redirector("f1", "m0"));
        var second = await lab.ConnectPeerAsync("m0");
        var probes = await Probe.UntilForwardedAsync(sender, second);
        var before = second.Count;
        sender.SendNumbered(10, 10);
        await second.WaitForFramesAsync(before + 10);
        var report = (await sidecar.StopAsync())["f1"];
        await second.WaitForEndAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Probe.NumbersWithout(peers["f0"]), Is.EqualTo(Enumerable.Range(0, 10)));
            Assert.That(Probe.NumbersWithout(second), Is.EqualTo(Enumerable.Range(10, 10)));
        }

        Accounting.Holds(RedirectorReport.ParseRemoved(sidecar.Error)["f0"], sent: 10, peers["f0"]);
        Accounting.Balances(report);
        // Probes from before the peer's connection armed it never passed the filter.
        Assert.That(report.KernelSeen, Is.InRange((long)second.Count, 10L + probes));
    }

    private static async Task CycleAsync(QmpProbe control)
    {
        await control.ExecuteAsync("object-add", Redirector("f9", "m9"));
        await control.ExecuteAsync("object-del", new JsonObject { ["id"] = "f9" });
    }

    private static (int Descriptors, int Threads) Held(Sidecar sidecar) =>
        (Directory.GetFileSystemEntries($"/proc/{sidecar.Id}/fd").Length, Directory.GetDirectories($"/proc/{sidecar.Id}/task").Length);

    private static async Task<string[]> SocatAsync(Lab lab, params string[] lines)
    {
        var start = new ProcessStartInfo("socat", ["-t", "10", "-", $"UNIX-CONNECT:{lab.PathOf("control")}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var socat = Process.Start(start)!;
        foreach (var line in lines)
            await socat.StandardInput.WriteLineAsync(line);
        socat.StandardInput.Close();
        var output = await Bounded.WaitAsync(socat.StandardOutput.ReadToEndAsync(), "socat's output");
        await Bounded.WaitAsync(socat.WaitForExitAsync(), "socat to end");
        return [.. output.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Skip(1).Where(l => !l.Contains("\"event\"", StringComparison.Ordinal))];
    }
}
