using System.Text;
using QmpRedirector.Testing;

namespace QmpRedirector.Qmp.Tests;

public sealed class QmpHandshakeTests
{
    [Test]
    public async Task The_greeting_gives_version_package_and_capabilities()
    {
        await using var server = FakeQmpServer.Start();
        var (client, _) = await Clients.ConnectAsync(server);
        await using var __ = client;
        var greeting = client.Greeting;
        using (Assert.EnterMultipleScope())
        {
            Assert.That((greeting.Major, greeting.Minor, greeting.Micro), Is.EqualTo((7, 2, 22)));
            Assert.That(greeting.Package, Is.EqualTo("Debian 1:7.2"));
            Assert.That(greeting.Capabilities, Is.EqualTo(new[] { "oob" }));
            Assert.That(greeting.OutOfBand, Is.True);
        }
    }

    [Test]
    public async Task Out_of_band_is_enabled_when_it_is_offered()
    {
        await using var server = FakeQmpServer.Start();
        await using var client = new QmpClient(Clients.OptionsOf(server));
        var connecting = client.ConnectAsync();
        var vm = await server.AcceptAsync();
        await vm.SendGreetingAsync("\"oob\", {\"new\": 1}, \"other\"");
        var command = await vm.ExpectAsync("qmp_capabilities");
        Assert.That(command.Arguments!.Value.GetRawText(), Is.EqualTo("""{"enable":["oob"]}"""));
        await vm.SendReturnAsync();
        await Bounded.WaitAsync(connecting, "the connection");

        var executing = client.ExecuteAsync("migrate-pause", outOfBand: true);
        Assert.That((await vm.ExpectAsync("migrate-pause")).OutOfBand, Is.True);
        await vm.SendReturnAsync();
        await Bounded.WaitAsync(executing, "the reply");
    }

    [Test]
    public async Task Out_of_band_is_neither_enabled_nor_allowed_when_it_is_not_offered()
    {
        await using var server = FakeQmpServer.StartTcp();
        await using var client = new QmpClient(Clients.OptionsOf(server));
        var connecting = client.ConnectAsync();
        var vm = await server.AcceptAsync();
        await vm.SendGreetingAsync(capabilities: "");
        var command = await vm.ExpectAsync("qmp_capabilities");
        await vm.SendReturnAsync();
        await Bounded.WaitAsync(connecting, "the connection");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(command.Arguments, Is.Null);
            Assert.That(client.Greeting.OutOfBand, Is.False);
            Assert.That(() => client.ExecuteAsync("migrate-pause", outOfBand: true), Throws.InvalidOperationException);
        }
    }

    // govmm#90: QEMU 4.0-rc2 sent events before its greeting. go-qemu PR#210: an event was taken as the reply to qmp_capabilities.
    [Test]
    public async Task Events_before_the_greeting_and_before_the_reply_to_the_negotiation_reach_a_listener()
    {
        await using var server = FakeQmpServer.Start();
        await using var client = new QmpClient(Clients.OptionsOf(server));
        using var listener = client.Listen();
        var connecting = client.ConnectAsync();
        var vm = await server.AcceptAsync();
        await vm.SendEventAsync("POWERDOWN");
        await vm.SendGreetingAsync();
        await vm.SendEventAsync("RESET");
        await vm.ExpectAsync("qmp_capabilities");
        await vm.SendEventAsync("STOP");
        Assert.That(connecting.IsCompleted, Is.False);
        await vm.SendReturnAsync();
        await Bounded.WaitAsync(connecting, "the connection");
        await vm.CloseAsync();
        var events = await Clients.RestAsync(listener);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(events.Select(e => e.Name), Is.EqualTo(new[] { "POWERDOWN", "RESET", "STOP" }));
            Assert.That(events.Select(e => e.Sequence), Is.EqualTo(new[] { 1, 3, 4 }), "the greeting is message 2");
        }
    }

    [Test]
    public async Task A_server_that_accepts_and_never_greets_is_told_apart()
    {
        await using var server = FakeQmpServer.Start();
        await using var client = new QmpClient(Clients.OptionsOf(server) with { GreetingTimeout = TimeSpan.FromMilliseconds(50) });
        var connecting = client.ConnectAsync();
        var vm = await server.AcceptAsync();
        var e = await Clients.FailureAsync<QmpConnectException>(connecting);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(e.Reason, Is.EqualTo(QmpConnectFailure.NoGreeting));
            Assert.That(e.Message, Does.Contain("no greeting within 0.05 s").And.Contains("another client").And.Contains("-qmp unix:"));
        }
        await vm.ExpectCloseAsync();
        Assert.That((await client.Closed).Reason, Is.EqualTo(QmpDisconnectReason.ConnectFailed));
    }

    [TestCase("SSH-2.0-OpenSSH_9.2\r\n", "is not QMP")]
    [TestCase("{\"return\": {}}", "no QMP greeting")]
    [TestCase("{\"jsonrpc\": \"2.0\"}", "no QMP greeting")]
    [TestCase("{\"QMP\": {}}", "lacks its version")]
    [TestCase("{\"QMP\": 7}", "lacks its version")]
    [TestCase("{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 0, \"minor\": 1}}, \"capabilities\": []}}", "lacks its version")]
    [TestCase("{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 0, \"minor\": 1, \"major\": 9}}}}", "lacks its version")]
    [TestCase("{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 0, \"minor\": 1, \"major\": 1e99}}, \"capabilities\": []}}",
        "lacks its version")]
    public async Task A_peer_that_is_no_QMP_server_is_refused(string greeting, string part)
    {
        await using var server = FakeQmpServer.Start();
        await using var client = new QmpClient(Clients.OptionsOf(server));
        var connecting = client.ConnectAsync();
        var vm = await server.AcceptAsync();
        await vm.SendRawAsync(Encoding.UTF8.GetBytes(greeting));
        var e = await Clients.FailureAsync<QmpProtocolException>(connecting);
        Assert.That(e.Message, Does.Contain(part));
        Assert.That((await client.Closed).Reason, Is.EqualTo(QmpDisconnectReason.ProtocolError));
    }

    [Test]
    public async Task A_refused_negotiation_fails_the_connection()
    {
        await using var server = FakeQmpServer.Start();
        await using var client = new QmpClient(Clients.OptionsOf(server));
        var connecting = client.ConnectAsync();
        var vm = await server.AcceptAsync();
        await vm.SendGreetingAsync();
        await vm.ExpectAsync("qmp_capabilities");
        await vm.SendErrorAsync("GenericError", "Capability oob is not available");
        var e = await Clients.FailureAsync<QmpConnectException>(connecting);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(e.Reason, Is.EqualTo(QmpConnectFailure.Other));
            Assert.That(e.Message, Does.Contain("Capability oob is not available"));
        }
    }

    [Test]
    public async Task A_negotiation_without_reply_fails_the_connection_in_time()
    {
        await using var server = FakeQmpServer.Start();
        await using var client = new QmpClient(Clients.OptionsOf(server) with { CommandTimeout = TimeSpan.FromMilliseconds(50) });
        var connecting = client.ConnectAsync();
        var vm = await server.AcceptAsync();
        await vm.SendGreetingAsync();
        var e = await Clients.FailureAsync<QmpConnectException>(connecting);
        Assert.That(e.Reason, Is.EqualTo(QmpConnectFailure.Timeout));
    }

    // The end may come at any byte: connecting then fails with a reason, and never hangs.
    [Test]
    public async Task The_end_of_the_stream_at_any_byte_of_the_greeting_fails_the_connection()
    {
        var greeting =
            """{"QMP": {"version": {"qemu": {"micro": 0, "minor": 0, "major": 9}, "package": ""}, "capabilities": []}}"""u8.ToArray();
        await using var server = FakeQmpServer.Start();
        for (var cut = 0; cut <= greeting.Length; cut++)
        {
            await using var client = new QmpClient(Clients.OptionsOf(server));
            var connecting = client.ConnectAsync();
            var vm = await server.AcceptAsync();
            await vm.SendRawAsync(greeting.AsMemory(0, cut));
            await vm.CloseAsync();
            var e = await Clients.FailureAsync<QmpConnectException>(connecting);
            Assert.That(e.Reason, Is.EqualTo(QmpConnectFailure.Other), $"cut at byte {cut}");
            Assert.That(e.Message, Does.Contain("closed the connection"), $"cut at byte {cut}");
        }
    }

    [Test]
    public async Task A_second_greeting_means_another_server_and_ends_the_connection()
    {
        await using var server = FakeQmpServer.Start();
        var (client, vm) = await Clients.ConnectAsync(server);
        await using var _ = client;
        await vm.SendGreetingAsync();
        var end = await Bounded.WaitAsync(client.Closed, "the end of the connection");
        Assert.That(end.Reason, Is.EqualTo(QmpDisconnectReason.ProtocolError));
    }
}
