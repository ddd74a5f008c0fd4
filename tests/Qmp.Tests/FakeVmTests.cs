using System.Text.Json.Nodes;
using QmpRedirector.Testing;

namespace QmpRedirector.Qmp.Tests;

/// <summary>Other suites believe the fake VM, so what it claims of QEMU is tested here against the same client.</summary>
public sealed class FakeVmTests
{
    private FakeVm _vm = null!;
    private QmpClient _client = null!;

    [SetUp]
    public async Task Connect()
    {
        _vm = FakeVm.Start("prelaunch");
        _client = await NewClientAsync();
    }

    [TearDown]
    public async Task Disconnect()
    {
        await _client.DisposeAsync();
        await _vm.DisposeAsync();
    }

    [Test]
    public async Task Its_run_state_is_the_tests_and_stop_and_cont_emit_before_they_return()
    {
        using var listener = _client.Listen();
        Assert.That(await StatusAsync(), Is.EqualTo(("prelaunch", false)));
        var cont = await _client.ExecuteAsync("cont");
        Assert.That(listener.TryRead(out var resume) ? resume.Name : null, Is.EqualTo("RESUME"));
        Assert.That(resume!.Sequence, Is.LessThan(cont.Sequence));
        Assert.That(await StatusAsync(), Is.EqualTo(("running", true)));
        await _vm.StopVmAsync(timestampNs: 1_700_000_000_000_001_000, runState: "io-error");
        var stop = await Clients.NextAsync(listener, "STOP");
        Assert.That((stop.Name, stop.TimestampNanoseconds), Is.EqualTo(("STOP", (long?)1_700_000_000_000_001_000)));
        Assert.That(await StatusAsync(), Is.EqualTo(("io-error", false)));
        Assert.That(_vm.Received("query-status"), Is.EqualTo(3));
    }

    [Test]
    public async Task It_answers_from_its_tables()
    {
        _vm.Monitor["info network"] = "net0: index=0,type=tap,ifname=tap\"0\r\n";
        _vm.ThreadId = 42;
        _vm.VirtioStatus["/machine/nic0"] = """{"started": true}""";
        _vm.Qom.AddObject("/machine/peripheral/nic0", "virtio-net-pci").Set("/machine/peripheral/nic0", "netdev", "\"net0\"");
        _vm.Handlers["query-chardev"] = _ => "[]";
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await ReturnAsync("human-monitor-command", ("command-line", "info network")),
                Is.EqualTo("net0: index=0,type=tap,ifname=tap\"0\r\n"));
            Assert.That(await ReturnAsync("query-cpus-fast"), Does.Contain("\"thread-id\": 42"));
            Assert.That(await ReturnAsync("x-query-virtio-status", ("path", "/machine/nic0")), Does.Contain("started"));
            Assert.That(await ReturnAsync("qom-list", ("path", "/machine/peripheral")), Does.Contain("child<virtio-net-pci>"));
            Assert.That(await ReturnAsync("qom-list", ("path", "/machine/peripheral/nic0")), Does.Contain("netdev"));
            Assert.That(await ReturnAsync("qom-get", ("path", "/machine/peripheral/nic0"), ("property", "netdev")), Is.EqualTo("net0"));
            Assert.That(await ReturnAsync("query-chardev"), Is.EqualTo("[]"));
            Assert.That(await ReturnAsync("query-version"), Does.Contain("\"major\": 7"));
        }
    }

    [Test]
    public async Task Its_errors_are_QEMUs()
    {
        _vm.Qom.AddObject("/machine", "container").AddObject("/machine/gone", "container");
        _vm.Qom.RemoveObject("/machine/gone");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await ErrorAsync("no-such-command"),
                Is.EqualTo((QmpErrorClass.CommandNotFound, "The command no-such-command has not been found")));
            Assert.That(await ErrorAsync("qom-list", ("path", "/machine/gone")),
                Is.EqualTo((QmpErrorClass.DeviceNotFound, "Device '/machine/gone' not found")));
            Assert.That(await ErrorAsync("qom-get", ("path", "/machine"), ("property", "x")),
                Is.EqualTo((QmpErrorClass.GenericError, "Property 'container.x' not found")));
        }
    }

    [Test]
    public async Task It_serves_one_client_after_another_and_drops_one_on_demand()
    {
        await _vm.DropClientAsync();
        await Bounded.WaitAsync(_client.Closed, "the drop");
        await _vm.WaitForNoClientAsync();
        await _vm.EmitAsync("LOST");
        await using var next = await NewClientAsync();
        await _vm.WaitForClientAsync();
        await next.ExecuteAsync("query-status");
        await _vm.WaitForCommandAsync("query-status");
        await using var waiting = new QmpClient(
            new QmpClientOptions { Address = _vm.Address, GreetingTimeout = TimeSpan.FromMilliseconds(50) });
        var e = await Clients.FailureAsync<QmpConnectException>(waiting.ConnectAsync());
        Assert.That(e.Reason, Is.EqualTo(QmpConnectFailure.NoGreeting));
    }

    private async Task<QmpClient> NewClientAsync()
    {
        var client = new QmpClient(new QmpClientOptions { Address = _vm.Address });
        await Bounded.WaitAsync(client.ConnectAsync(), "the fake VM's greeting");
        return client;
    }

    private async Task<(string?, bool)> StatusAsync()
    {
        var status = (await _client.ExecuteAsync("query-status")).Return;
        return (status.GetProperty("status").GetString(), status.GetProperty("running").GetBoolean());
    }

    private Task<QmpReply> ExecuteAsync(string command, (string Name, string Value)[] arguments)
    {
        var json = new JsonObject();
        foreach (var (name, value) in arguments)
            json[name] = value;
        return _client.ExecuteAsync(command, json);
    }

    private async Task<string> ReturnAsync(string command, params (string, string)[] arguments) =>
        (await ExecuteAsync(command, arguments)).Return.ToString();

    private async Task<(QmpErrorClass, string)> ErrorAsync(string command, params (string, string)[] arguments)
    {
        var e = await Clients.FailureAsync<QmpCommandException>(ExecuteAsync(command, arguments));
        return (e.ErrorClass, e.Description);
    }
}
