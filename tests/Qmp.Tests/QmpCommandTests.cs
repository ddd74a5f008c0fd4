using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using QmpRedirector.Testing;

namespace QmpRedirector.Qmp.Tests;

public sealed class QmpCommandTests
{
    private FakeQmpServer _server = null!;
    private FakeTimeProvider _time = null!;
    private LogCapture _log = null!;
    private QmpClient _client = null!;
    private FakeQmpConnection _vm = null!;

    [SetUp]
    public async Task Connect()
    {
        _server = FakeQmpServer.Start();
        _time = new FakeTimeProvider();
        _log = new LogCapture();
        (_client, _vm) = await Clients.ConnectAsync(_server, Clients.OptionsOf(_server) with { TimeProvider = _time, Logger = _log });
    }

    [TearDown]
    public async Task Disconnect()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Test]
    public async Task A_command_carries_its_arguments_and_brings_its_return()
    {
        var executing = _client.ExecuteAsync("qom-get", new JsonObject { ["path"] = "/objects/f0", ["property"] = "stät\"us\n" });
        var command = await _vm.ExpectAsync("qom-get");
        await _vm.SendReturnAsync("""{"running": true}""");
        var reply = await Bounded.WaitAsync(executing, "the reply");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(command.OutOfBand, Is.False);
            Assert.That(command.Arguments!.Value.GetProperty("path").GetString(), Is.EqualTo("/objects/f0"));
            Assert.That(command.Arguments!.Value.GetProperty("property").GetString(), Is.EqualTo("stät\"us\n"));
            Assert.That(reply.Return.GetProperty("running").GetBoolean(), Is.True);
        }
    }

    [Test]
    public async Task Replies_out_of_order_are_matched_by_their_ids()
    {
        var first = _client.ExecuteAsync("first");
        var firstCommand = await _vm.ExpectAsync("first");
        var second = _client.ExecuteAsync("second", outOfBand: true);
        await _vm.ExpectAsync("second");
        await _vm.SendReturnAsync("2");
        Assert.That((await Bounded.WaitAsync(second, "the second reply")).Return.GetInt32(), Is.EqualTo(2));
        Assert.That(first.IsCompleted, Is.False);
        await _vm.SendReturnAsync("1", firstCommand);
        Assert.That((await Bounded.WaitAsync(first, "the first reply")).Return.GetInt32(), Is.EqualTo(1));
    }

    [Test]
    public async Task Commands_of_many_callers_at_once_each_get_their_own_reply()
    {
        var executing = Enumerable.Range(0, 100)
            .Select(i => Task.Run(() => _client.ExecuteAsync("echo", new JsonObject { ["n"] = i }))).ToArray();
        for (var i = 0; i < executing.Length; i++)
        {
            var command = await _vm.ExpectAsync("echo");
            await _vm.SendReturnAsync(command.Arguments!.Value.GetProperty("n").GetRawText(), command);
        }
        var replies = await Bounded.WaitAsync(Task.WhenAll(executing), "all replies");
        Assert.That(replies.Select(r => r.Return.GetInt32()), Is.EqualTo(Enumerable.Range(0, 100)));
    }

    [TestCase("GenericError", QmpErrorClass.GenericError)]
    [TestCase("CommandNotFound", QmpErrorClass.CommandNotFound)]
    [TestCase("DeviceNotActive", QmpErrorClass.DeviceNotActive)]
    [TestCase("DeviceNotFound", QmpErrorClass.DeviceNotFound)]
    [TestCase("KVMMissingCap", QmpErrorClass.KVMMissingCap)]
    [TestCase("SomethingNew", QmpErrorClass.Other)]
    public async Task An_error_keeps_its_class_and_QEMUs_sentence(string text, QmpErrorClass errorClass)
    {
        var executing = _client.ExecuteAsync("device_del");
        await _vm.ExpectAsync("device_del");
        await _vm.SendErrorAsync(text, "Device 'nic9' not found");
        var e = await Clients.FailureAsync<QmpCommandException>(executing);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(e.ErrorClass, Is.EqualTo(errorClass));
            Assert.That(e.ErrorClassText, Is.EqualTo(text));
            Assert.That(e.Description, Is.EqualTo("Device 'nic9' not found"));
            Assert.That(e.Command, Is.EqualTo("device_del"));
            Assert.That(e.Message, Does.Contain("device_del").And.Contains("Device 'nic9' not found"));
        }
        await ExecuteAndReturnAsync();
    }

    // QEMU cannot echo the id of a request it could not parse; it answers in order.
    [Test]
    public async Task An_error_without_id_fails_the_oldest_command()
    {
        var older = _client.ExecuteAsync("older");
        await _vm.ExpectAsync("older");
        var younger = _client.ExecuteAsync("younger");
        var youngerCommand = await _vm.ExpectAsync("younger");
        await _vm.SendAsync("""{"error": {"class": "GenericError", "desc": "JSON parse error, invalid keyword 'x'"}}""");
        var e = await Clients.FailureAsync<QmpCommandException>(older);
        Assert.That(e.Command, Is.EqualTo("older"));
        await _vm.SendReturnAsync("2", youngerCommand);
        Assert.That((await Bounded.WaitAsync(younger, "the younger's reply")).Return.GetInt32(), Is.EqualTo(2));
    }

    [Test]
    public async Task A_command_without_reply_times_out_and_its_late_reply_is_ignored()
    {
        var executing = _client.ExecuteAsync("slow");
        var slow = await _vm.ExpectAsync("slow");
        _time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.That(executing.IsCompleted, Is.False);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        var e = await Clients.FailureAsync<QmpTimeoutException>(executing);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(e.Command, Is.EqualTo("slow"));
            Assert.That(e.Message, Does.Contain("no reply").And.Contains("within 10 s"));
        }

        var next = _client.ExecuteAsync("next");
        var nextCommand = await _vm.ExpectAsync("next");
        await _vm.SendReturnAsync("\"late\"", slow);
        await _vm.SendReturnAsync("\"next\"", nextCommand);
        Assert.That((await Bounded.WaitAsync(next, "the next reply")).Return.GetString(), Is.EqualTo("next"));
    }

    [Test]
    public async Task A_late_error_without_id_is_not_given_to_a_younger_command()
    {
        var executing = _client.ExecuteAsync("slow");
        await _vm.ExpectAsync("slow");
        _time.Advance(TimeSpan.FromSeconds(11));
        await Clients.FailureAsync<QmpTimeoutException>(executing);

        var next = _client.ExecuteAsync("next");
        await _vm.ExpectAsync("next");
        await _vm.SendAsync("""{"error": {"class": "GenericError", "desc": "JSON parse error"}}""");
        await _vm.SendReturnAsync("1");
        Assert.That((await Bounded.WaitAsync(next, "the next reply")).Return.GetInt32(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_cancelled_command_ends_at_once_and_leaves_the_connection_as_it_is()
    {
        using var cancel = new CancellationTokenSource();
        var executing = _client.ExecuteAsync("slow", ct: cancel.Token);
        var slow = await _vm.ExpectAsync("slow");
        await cancel.CancelAsync();
        await Clients.FailureAsync<OperationCanceledException>(executing);
        await _vm.SendReturnAsync("{}", slow);
        await _log.WaitForAsync(1014, "slow");
        await ExecuteAndReturnAsync();
    }

    [Test]
    public async Task A_command_with_a_cancelled_token_is_not_sent()
    {
        await Clients.FailureAsync<OperationCanceledException>(_client.ExecuteAsync("never", ct: new CancellationToken(canceled: true)));
        await ExecuteAndReturnAsync();
    }

    [Test]
    public async Task Replies_to_no_command_and_messages_of_no_kind_are_ignored()
    {
        await _vm.SendAsync("""{"return": {}, "id": 4711}""");
        await _vm.SendAsync("""{"return": {}, "id": "libvirt-7"}""");
        await _vm.SendAsync("""{"return": {}, "id": 1e400}""");
        await _vm.SendAsync("""{"error": {"class": "GenericError", "desc": "to nobody"}}""");
        await _vm.SendAsync("""{"news": {}}""");
        await _vm.SendAsync("""{}""");
        await _log.WaitForAsync(1022, "message 8");
        await ExecuteAndReturnAsync();
    }

    [Test]
    public async Task A_peer_that_does_not_read_cannot_hold_a_command_past_its_deadline()
    {
        // More than any socket buffer takes: the first request stays half written, the second is never begun.
        var huge = new JsonObject { ["text"] = new string('x', 32 * 1024 * 1024) };
        var stuck = _client.ExecuteAsync("stuck", huge);
        await _log.WaitForAsync(1010, "stuck");
        var behind = _client.ExecuteAsync("behind");
        _time.Advance(TimeSpan.FromSeconds(11));
        await Clients.FailureAsync<QmpTimeoutException>(stuck);
        var e = await Clients.FailureAsync<QmpTimeoutException>(behind);
        Assert.That(e.Message, Does.Contain("does not read"));

        // Half a request would spoil the stream, so the first is written to its end; the second is gone.
        var next = _client.ExecuteAsync("next");
        await _vm.ExpectAsync("stuck");
        await _vm.SendReturnAsync();
        await _vm.ExpectAsync("next");
        // Without an id it is the oldest command's, which is no longer the one behind.
        await _vm.SendAsync("""{"error": {"class": "GenericError", "desc": "no"}}""");
        Assert.That((await Clients.FailureAsync<QmpCommandException>(next)).Command, Is.EqualTo("next"));
    }

    [Test]
    public async Task One_at_a_time_no_command_is_sent_before_the_reply_to_the_one_before()
    {
        var (client, vm) = await Clients.ConnectAsync(_server, Clients.OptionsOf(_server) with { OneAtATime = true });
        await using var disposed = client;
        var executing = Enumerable.Range(0, 20).Select(_ => client.ExecuteAsync("echo")).ToArray();
        var receiving = vm.ReceiveAsync();
        for (var i = 0; i < executing.Length; i++)
        {
            var command = await Bounded.WaitAsync(receiving, "the next command");
            receiving = vm.ReceiveAsync();
            Assert.That(receiving.IsCompleted, Is.False, $"command {i + 1} has come before command {i} was answered");
            await vm.SendReturnAsync($"{i}", command);
        }

        var replies = await Bounded.WaitAsync(Task.WhenAll(executing), "all replies");
        Assert.That(replies.Select(r => r.Return.GetInt32()), Is.EqualTo(Enumerable.Range(0, 20)));
    }

    [Test]
    public async Task One_at_a_time_a_command_without_reply_holds_the_next_until_its_time_is_over()
    {
        var options = Clients.OptionsOf(_server) with { OneAtATime = true, TimeProvider = _time };
        var (client, vm) = await Clients.ConnectAsync(_server, options);
        await using var disposed = client;
        var slow = client.ExecuteAsync("slow");
        await vm.ExpectAsync("slow");
        _time.Advance(TimeSpan.FromSeconds(11));
        await Clients.FailureAsync<QmpTimeoutException>(slow);

        var next = client.ExecuteAsync("next");
        await vm.ExpectAsync("next");
        await vm.SendReturnAsync();
        await Bounded.WaitAsync(next, "the next reply");
    }

    [Test]
    public async Task A_peer_that_stops_answering_is_not_sent_commands_without_end()
    {
        var unanswered = Enumerable.Range(0, 1024).Select(_ => _client.ExecuteAsync("deaf")).ToArray();
        var e = await Clients.FailureAsync<QmpTimeoutException>(_client.ExecuteAsync("one-too-many"));
        Assert.That(e.Message, Does.Contain("stopped answering"));
        Assert.That(unanswered.Any(t => t.IsCompleted), Is.False);
        await _client.DisposeAsync();
        foreach (var task in unanswered)
            await Clients.FailureAsync<QmpDisconnectedException>(task);
    }

    [Test]
    public async Task A_reply_of_16_MiB_on_one_line_is_taken()
    {
        var executing = _client.ExecuteAsync("query-rx-filter");
        await _vm.ExpectAsync("query-rx-filter");
        await _vm.SendReturnAsync("[" + string.Join(",", Enumerable.Range(0, 2 * 1024 * 1024).Select(i => $"{i % 4096,7}")) + "]");
        var reply = await Bounded.WaitAsync(executing, "16 MiB");
        Assert.That(reply.Return.GetRawText().Length, Is.EqualTo(16 * 1024 * 1024 + 1));
        await ExecuteAndReturnAsync();
    }

    [Test]
    public void A_command_needs_a_name() => Assert.That(() => _client.ExecuteAsync(""), Throws.ArgumentException);

    private async Task ExecuteAndReturnAsync()
    {
        var executing = _client.ExecuteAsync("query-status");
        await _vm.ExpectAsync("query-status");
        await _vm.SendReturnAsync("""{"status": "running"}""");
        var reply = await Bounded.WaitAsync(executing, "a reply after it all");
        Assert.That(reply.Return.ValueKind, Is.EqualTo(JsonValueKind.Object));
    }
}
