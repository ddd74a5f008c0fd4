using QmpRedirector.Check;
using QmpRedirector.Check.Facts;
using QmpRedirector.Net;
using QmpRedirector.Options;
using QmpRedirector.Qmp;
using QmpRedirector.Testing;
using QmpRedirector.Tests.Options;
using QmpRedirector.Tests.Vm;
using QmpRedirector.Vm;

namespace QmpRedirector.Tests.Check;

/// <summary>What is read off a QEMU, off /proc, and how long the monitor is held for it.</summary>
internal sealed class FactsTests
{
    private const int Qemu = 4711;

    private FakeVm _vm = null!;
    private FakeProc _proc = null!;

    [SetUp]
    public void Start()
    {
        _vm = FakeVm.Start();
        _vm.ThreadId = Qemu;
        _proc = new FakeProc().AddProcess(Qemu);
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _vm.DisposeAsync();
        _proc.Dispose();
    }

    [TestCase("""[{"capability": "xbzrle", "state": true}, {"capability": "events", "state": false}]""", false)]
    [TestCase("""[{"capability": "events", "state": true}]""", true)]
    [TestCase("""[{"capability": "xbzrle", "state": true}]""", null)]
    [TestCase("{}", null)]
    public async Task The_VM_is_read_off_QEMU(string capabilities, bool? events)
    {
        _vm.RunState = "paused";
        _vm.Handlers["query-migrate-capabilities"] = _ => capabilities;

        var asked = await AskAsync(client => VmFacts.ReadAsync(client, _proc.Fs, CancellationToken.None));

        Assert.That(asked.Facts is { Pid: Qemu, RunState: "paused", Running: false, Version: "QEMU 7.2.22 (Debian 1:7.2)" }, Is.True);
        Assert.That(asked.Facts!.MigrationEvents, Is.EqualTo(events));
    }

    [Test]
    public async Task The_monitor_is_free_again_once_it_was_asked()
    {
        await AskAsync(client => VmFacts.ReadAsync(client, _proc.Fs, CancellationToken.None));

        await _vm.WaitForNoClientAsync();
        Assert.That((await AskAsync(client => VmFacts.ReadAsync(client, _proc.Fs, CancellationToken.None))).Facts, Is.Not.Null);
    }

    [Test]
    public async Task A_QEMU_that_does_not_tell_its_run_state_is_a_problem()
    {
        _vm.Handlers.TryRemove("query-status", out _);

        var asked = await AskAsync(client => VmFacts.ReadAsync(client, _proc.Fs, CancellationToken.None));

        Assert.That(asked.Facts, Is.Null);
        Assert.That(asked.Problem!.Message, Does.Contain("query-status"));
    }

    [TestCase("", NetdevResolutionKind.NotFound, "does not exist")]
    [TestCase(",ifname=lo", NetdevResolutionKind.Refused, "not a TAP")]
    public async Task A_link_that_is_no_TAP_is_not_found_or_refused(string properties, NetdevResolutionKind kind, string part)
    {
        _vm.Monitor["info network"] = "n0: index=0,type=tap,ifname=nosuchtap,script=no,downscript=no\r\n";
        var redirector = Redirector(properties);

        var facts = (await AskAsync(client => NetdevFacts.ReadAsync(client, Qemu, redirector, _proc.Fs, CancellationToken.None))).Facts!;

        Assert.That((facts.Resolution.Kind, facts.Tap), Is.EqualTo((kind, (LinkInfo?)null)));
        Assert.That(facts.Resolution.Sentence, Does.Contain(part));
        Assert.That(facts.Header, Is.Not.Null);
    }

    [Test]
    public void Without_QEMU_only_an_ifname_can_be_looked_at()
    {
        Assert.That(NetdevFacts.Read(Redirector("")), Is.Null);
        Assert.That(NetdevFacts.Read(Redirector(",ifname=lo")) is { Name: "lo", Link.Name: "lo", Tap: null }, Is.True);
    }

    [Test]
    public async Task Vhost_started_is_read_off_the_NIC()
    {
        _vm.Qom.AddObject("/machine/peripheral/nic0", "virtio-net-pci").Set("/machine/peripheral/nic0", "netdev", "\"n0\"")
            .AddObject("/machine/peripheral/nic0/virtio-backend", "virtio-net-device");
        _vm.VirtioStatus["/machine/peripheral/nic0/virtio-backend"] = """{"vhost-started": true}""";

        var asked = await AskAsync(client => VnetHeaderLengthReader.ReadAsync(client, "n0", CancellationToken.None));

        Assert.That(asked.Facts!.VhostStarted, Is.True);
    }

    [Test]
    public void Who_holds_the_TAP_is_read_off_the_descriptors()
    {
        _proc.AddTun(Qemu, 3, "tap0").AddFd(Qemu, 4, "/dev/vhost-net").AddFd(Qemu, 5, "/dev/vhost-net").AddFd(Qemu, 6, "socket:[1]");

        Assert.Multiple(() =>
        {
            Assert.That(TapHolder.Read(_proc.Fs, Qemu, "tap0"), Is.EqualTo(new TapHolder(Qemu, true, 2)));
            Assert.That(TapHolder.Read(_proc.Fs, Qemu, "tap1"), Is.EqualTo(new TapHolder(Qemu, false, 2)));
            Assert.That(TapHolder.Read(_proc.Fs, 99, "tap0"), Is.EqualTo(new TapHolder(99, false, 0)), "it ended");
        });
    }

    [Test]
    public async Task The_consumer_is_read_with_what_is_needed_to_make_it_again()
    {
        _vm.Handlers["query-chardev"] = _ => """
            [{"frontend-open": false, "filename": "disconnected:unix:/m0", "label": "red0"}, {"label": "mon"}, 3]
            """;
        _vm.Qom.AddObject("/objects/f1", "filter-redirector").Set("/objects/f1", "indev", "\"red0\"").Set("/objects/f1", "outdev", "\"\"")
            .Set("/objects/f1", "netdev", "\"n9\"").Set("/objects/f1", "queue", "\"rx\"").Set("/objects/f1", "vnet_hdr_support", "true")
            .AddObject("/objects/f2", "filter-redirector").Set("/objects/f2", "indev", "\"\"").Set("/objects/f2", "outdev", "\"x\"")
            .AddObject("/objects/comp0", "colo-compare").Set("/objects/comp0", "primary_in", "\"p0\"")
            .Set("/objects/comp0", "secondary_in", "\"s0\"").Set("/objects/comp0", "vnet_hdr_support", "false")
            .Set("/objects/comp0", "iothread", "\"/objects/io1\"")
            .AddObject("/objects/ram", "memory-backend-ram");

        var peer = (await AskAsync(client => PeerFacts.ReadAsync(client, CancellationToken.None))).Facts!;

        Assert.Multiple(() =>
        {
            Assert.That(peer.Chardevs[0], Is.EqualTo(new PeerChardev("red0", "disconnected:unix:/m0", false)));
            Assert.That(peer.ReadsOnlyOneConnection, Is.True);
            Assert.That(
                peer.Consumers.Select(c => (c.Id, c.Indev, c.VnetHdrSupport)).Order(),
                Is.EqualTo(new[] { ("comp0", "p0", false), ("comp0", "s0", false), ("f1", "red0", true) }));
            Assert.That(peer.Consumers.First(c => c.Id == "comp0").Properties, Does.Contain(("iothread", "\"io1\"")));
            var filter = peer.Consumers.Single(c => c.Id == "f1");
            Assert.That((filter.Queue, filter.IsOff, filter.Header!.Bytes), Is.EqualTo(("rx", false, (int?)null)));
            Assert.That(filter.Properties.Select(p => p.Name), Is.EqualTo(new[] { "netdev", "queue", "indev", "vnet_hdr_support" }));
        });
    }

    [Test]
    public async Task A_passed_on_QMP_connection_is_not_used_up_by_looking()
    {
        var run = Parsed.Value(Parsed.Run(
            [Scene.Server, "socket,id=m1,path=/m1"],
            ["filter-redirector,id=f0,netdev=n0,outdev=m0", "filter-redirector,id=f1,netdev=n0,outdev=m1,ifname=lo"]));
        var options = new CheckOptions(run with { Qmp = AddressText.Qmp("fd:9", out _)! }, null, false);

        var context = await CheckSurvey.RunAsync(options, _proc.Fs, CancellationToken.None);

        Assert.Multiple(() =>
        {
            Assert.That((context.Vm, context.Peer), Is.EqualTo(((Asked<VmFacts>?)null, (Asked<PeerFacts>?)null)));
            Assert.That(context.Netdevs.Select(n => n.Name), Is.EqualTo(new[] { "lo" }), "the other cannot be known");
            Assert.That(context.Chardevs.Select(c => c.Problem), Is.EqualTo(new[] { null,
                "Failed to connect to '/m1': No such file or directory" }));
            Assert.That(context.Host.Captures.Keys, Is.EquivalentTo(new[] { "f0", "f1" }));
        });
    }

    private static RedirectorOptions Redirector(string properties) =>
        Parsed.OneObject($"filter-redirector,id=f0,netdev=n0,outdev=m0{properties}");

    private async Task<Asked<T>> AskAsync<T>(Func<QmpClient, Task<T>> ask)
        where T : class =>
        await Asked<T>.OnceAsync(new QmpClientOptions { Address = _vm.Address }, ask, CancellationToken.None);
}
