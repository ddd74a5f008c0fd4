using System.Text.Json;
using QmpRedirector.Testing;

namespace QmpRedirector.Qmp.Tests;

public sealed class QmpEventTests
{
    private FakeQmpServer _server = null!;
    private QmpClient _client = null!;
    private FakeQmpConnection _vm = null!;

    [SetUp]
    public async Task Connect()
    {
        _server = FakeQmpServer.Start();
        (_client, _vm) = await Clients.ConnectAsync(_server, Clients.OptionsOf(_server) with { EventQueueCapacity = 4 });
    }

    [TearDown]
    public async Task Disconnect()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Test]
    public async Task An_event_carries_its_name_its_data_and_its_time_in_nanoseconds()
    {
        using var listener = _client.Listen();
        await _vm.SendEventAsync("SHUTDOWN", """{"guest": true, "reason": "guest-shutdown"}""", timestampNs: 1_774_000_000_123_456_000);
        var shutdown = await Clients.NextAsync(listener, "SHUTDOWN");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(shutdown.Name, Is.EqualTo("SHUTDOWN"));
            Assert.That(shutdown.Data.GetProperty("guest").GetBoolean(), Is.True);
            Assert.That(shutdown.TimestampNanoseconds, Is.EqualTo(1_774_000_000_123_456_000));
        }
    }

    [TestCase("""{"event": "E"}""")]
    [TestCase("""{"event": "E", "timestamp": {"seconds": -1, "microseconds": -1}}""")]
    [TestCase("""{"event": "E", "timestamp": {"seconds": 5}}""")]
    [TestCase("""{"event": "E", "timestamp": {"seconds": 9300000000, "microseconds": 0}}""")]
    [TestCase("""{"event": "E", "timestamp": {"seconds": 5, "microseconds": 1000000}}""")]
    [TestCase("""{"event": "E", "timestamp": {"seconds": "5", "microseconds": 0}}""")]
    [TestCase("""{"event": "E", "timestamp": 5}""")]
    public async Task A_time_that_is_absent_or_impossible_is_null(string message)
    {
        using var listener = _client.Listen();
        await _vm.SendAsync(message);
        var received = await Clients.NextAsync(listener, "the event");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(received.TimestampNanoseconds, Is.Null);
            Assert.That(received.Data.ValueKind, Is.EqualTo(JsonValueKind.Undefined));
        }
    }

    // virt-qemu-qmp-proxy passes libvirt's event details on as a string.
    [Test]
    public async Task Data_that_is_JSON_in_a_string_is_parsed()
    {
        using var listener = _client.Listen();
        await _vm.SendEventAsync("NIC_RX_FILTER_CHANGED", """ "{\"name\": \"nic0\", \"path\": \"/machine/peripheral/nic0\"}" """);
        await _vm.SendEventAsync("ODD", """ "not JSON" """);
        Assert.That((await Clients.NextAsync(listener, "the event")).Data.GetProperty("name").GetString(), Is.EqualTo("nic0"));
        Assert.That((await Clients.NextAsync(listener, "the odd one")).Data.GetString(), Is.EqualTo("not JSON"));
    }

    // go-qemu PR#158: an event before the return of its command stopped the stream.
    [Test]
    public async Task An_event_between_a_command_and_its_reply_has_the_lower_sequence_and_is_queued_first()
    {
        using var listener = _client.Listen("STOP");
        var executing = _client.ExecuteAsync("stop");
        await _vm.ExpectAsync("stop");
        await _vm.SendEventAsync("STOP");
        await _vm.SendReturnAsync();
        await _vm.SendEventAsync("STOP");
        var reply = await Bounded.WaitAsync(executing, "the reply to stop");
        Assert.That(listener.TryRead(out var before), Is.True, "an event written before a reply is there when the reply is");
        var after = await Clients.NextAsync(listener, "the second STOP");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(before!.Sequence, Is.EqualTo(reply.Sequence - 1));
            Assert.That(after.Sequence, Is.EqualTo(reply.Sequence + 1));
        }
    }

    [Test]
    public async Task An_error_reply_has_a_place_in_the_sequence_too()
    {
        using var listener = _client.Listen();
        var executing = _client.ExecuteAsync("stop");
        await _vm.ExpectAsync("stop");
        await _vm.SendEventAsync("STOP");
        await _vm.SendErrorAsync("GenericError", "no");
        var e = await Clients.FailureAsync<QmpCommandException>(executing);
        Assert.That((await Clients.NextAsync(listener, "STOP")).Sequence, Is.EqualTo(e.Sequence - 1));
    }

    [Test]
    public async Task Every_listener_gets_its_own_copy_of_what_it_asked_for()
    {
        using var all = _client.Listen();
        using var some = _client.Listen("STOP", "RESUME");
        using var same = _client.Listen("RESUME", "STOP");
        await _vm.SendEventAsync("STOP");
        await _vm.SendEventAsync("RESET");
        await _vm.SendEventAsync("RESUME");
        await _vm.CloseAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((await Clients.RestAsync(all)).Select(e => e.Name), Is.EqualTo(new[] { "STOP", "RESET", "RESUME" }));
            Assert.That((await Clients.RestAsync(some)).Select(e => e.Name), Is.EqualTo(new[] { "STOP", "RESUME" }));
            Assert.That((await Clients.RestAsync(same)).Select(e => e.Name), Is.EqualTo(new[] { "STOP", "RESUME" }));
        }
    }

    [Test]
    public async Task A_listener_that_is_not_read_keeps_the_newest_counts_the_rest_and_delays_nobody()
    {
        using var unread = _client.Listen();
        using var read = _client.Listen();
        for (var i = 0; i < 10; i++)
        {
            await _vm.SendEventAsync($"E{i}");
            await Clients.NextAsync(read, $"E{i}");
        }
        var executing = _client.ExecuteAsync("query-status");
        await _vm.ExpectAsync("query-status");
        await _vm.SendReturnAsync();
        await Bounded.WaitAsync(executing, "a reply beside a full listener");
        await _vm.CloseAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(read.Dropped, Is.Zero);
            Assert.That(unread.Dropped, Is.EqualTo(6));
            Assert.That((await Clients.RestAsync(unread)).Select(e => e.Name), Is.EqualTo(new[] { "E6", "E7", "E8", "E9" }));
        }
    }

    [Test]
    public async Task A_disposed_listener_gets_nothing_more_and_gives_what_it_had()
    {
        using var other = _client.Listen();
        var listener = _client.Listen();
        await _vm.SendEventAsync("BEFORE");
        await Clients.NextAsync(other, "BEFORE");
        listener.Dispose();
        await _vm.SendEventAsync("AFTER");
        await Clients.NextAsync(other, "AFTER");
        Assert.That((await Clients.RestAsync(listener)).Select(e => e.Name), Is.EqualTo(new[] { "BEFORE" }));
    }

    [Test]
    public async Task A_listener_of_a_closed_client_ends_at_once()
    {
        await _client.DisposeAsync();
        using var listener = _client.Listen();
        Assert.That(await Clients.RestAsync(listener), Is.Empty);
    }

    [Test]
    public async Task Waiting_for_an_event_can_be_cancelled()
    {
        using var listener = _client.Listen();
        using var cancel = new CancellationTokenSource();
        var waiting = listener.WaitToReadAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Clients.FailureAsync<OperationCanceledException>(waiting);
    }
}
