using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using QmpRedirector.SystemTests.Kit;
using Capture = QmpRedirector.SystemTests.Kit.Capture;

namespace QmpRedirector.SystemTests;

/// <summary>`check --peer-qmp` against a real consumer: QEMU 7.2's filter-redirector with an indev.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
internal sealed partial class CheckPeerTests
{
    [Test]
    public async Task A_consumer_that_fits_is_well_untouched_and_then_connected_to_by_run()
    {
        await using var lab = await Lab.CreateAsync();
        var consumer = await StartAsync(lab, "server=on,wait=off", "vnet_hdr_support=off");
        string[] options = ["--chardev", $"socket,id=m0,path={lab.PathOf("m0")}", "--object", Capture.Redirector("f0", "m0")];

        var check = await CheckRun.OfAsync(lab, [.. options, .. Peer(lab)]);

        check.IsWellBut();
        Assert.That(check.The("m0").Text, Does.StartWith("Somebody listens at"));
        Assert.That(check.The("peer").Text, Does.StartWith("QEMU 7.2"));
        Assert.That(check.The("f0 peer").Text, Does.StartWith("The consumer's filter-redirector r1 reads it (chardev red0)"));
        Assert.That(await FilenameAsync(consumer), Does.StartWith("disconnected:"), "its one connection is still to be had");
        await lab.Run(options).ReadyAsync();
        Assert.That(await FilenameAsync(consumer), Does.StartWith("unix:"));
    }

    [Test]
    public async Task Another_vnet_hdr_support_fails()
    {
        await using var lab = await Lab.CreateAsync();
        await StartAsync(lab, "reconnect=1", "vnet_hdr_support=on");

        var check = await CheckRun.OfAsync(lab, [.. Options(lab), .. Peer(lab)]);

        Assert.That(check.FailsOnlyOn("f0 peer").Text, Does.StartWith("vnet_hdr_support is off here and on at the consumer's"));
    }

    [Test]
    public async Task An_indev_left_by_its_first_peer_fails_and_the_remedy_cures_it()
    {
        await using var lab = await Lab.CreateAsync();
        var consumer = await StartAsync(lab, "reconnect=1", "vnet_hdr_support=off");
        var sidecar = lab.Run(Options(lab, "wait=on"));
        await sidecar.ReadyAsync();
        Assert.That(await sidecar.TerminateAsync(), Is.Zero);
        await Eventually.ThatAsync(async () => (await FilenameAsync(consumer)).StartsWith("disconnected:", StringComparison.Ordinal),
            "QEMU notices");

        var failure = (await CheckRun.OfAsync(lab, [.. Options(lab), .. Peer(lab)])).FailsOnlyOn("f0 peer");

        Assert.That(failure.Text, Does.Contain("frontend-open is false"));
        foreach (Match command in Command().Matches(failure.Remedy!))
        {
            var json = JsonNode.Parse(command.Value)!;
            await consumer.Qmp.ExecuteAsync((string)json["execute"]!, (JsonObject)json["arguments"]!.DeepClone());
        }

        (await CheckRun.OfAsync(lab, [.. Options(lab), .. Peer(lab)])).IsWellBut();
    }

    [Test]
    public async Task A_peer_that_is_taken_or_reads_elsewhere_is_a_warning()
    {
        await using var lab = await Lab.CreateAsync();
        await StartAsync(lab, "reconnect=1", "vnet_hdr_support=off");
        string[] elsewhere = ["--chardev", lab.ServerChardev("m1", "wait=off"), "--object", Capture.Redirector("f0", "m1")];
        (await CheckRun.OfAsync(lab, [.. elsewhere, .. Peer(lab)])).IsWellBut("f0 peer");

        using var other = await QmpProbe.ConnectAsync(lab.PathOf("peer.sock"));
        (await CheckRun.OfAsync(lab, [.. elsewhere, .. Peer(lab)])).IsWellBut("peer");
    }

    /// <summary>QEMU with the TAP, and a second one whose filter r1 reads the chardev red0 at the path of m0.</summary>
    private static async Task<QemuProcess> StartAsync(Lab lab, string chardev, string properties)
    {
        await lab.StartQemuWithTapAsync();
        return lab.Own(await QemuProcess.StartAsync(
            lab.Namespace, lab.PathOf("peer.sock"), lab.PathOf("peerprobe.sock"),
            "-netdev", "hubport,id=n9,hubid=9",
            "-chardev", $"socket,id=red0,path={lab.PathOf("m0")},{chardev}",
            "-object", $"filter-redirector,id=r1,netdev=n9,queue=tx,indev=red0,{properties}"));
    }

    private static string[] Options(Lab lab, string wait = "wait=off") =>
        ["--chardev", lab.ServerChardev("m0", wait), "--object", Capture.Redirector("f0", "m0")];

    private static string[] Peer(Lab lab) => ["--peer-qmp", $"unix:{lab.PathOf("peer.sock")}"];

    private static async Task<string> FilenameAsync(QemuProcess consumer)
    {
        var chardevs = (JsonArray)(await consumer.Qmp.ExecuteAsync("query-chardev"))!;
        return (string)chardevs.Single(chardev => (string?)chardev!["label"] == "red0")!["filename"]!;
    }

    [GeneratedRegex("""\{"execute": "[a-z-]+", "arguments": \{[^{}]*\}\}""")]
    private static partial Regex Command();
}
