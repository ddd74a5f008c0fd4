using System.Text;
using QmpRedirector.Testing;

namespace QmpRedirector.Qmp.Tests;

public sealed class QmpDisconnectTests
{
    [Test]
    public async Task The_peers_end_fails_open_commands_ends_listeners_and_completes_Closed()
    {
        await using var server = FakeQmpServer.Start();
        var (client, vm) = await Clients.ConnectAsync(server);
        await using var _ = client;
        using var listener = client.Listen();
        var executing = client.ExecuteAsync("quit");
        await vm.ExpectAsync("quit");
        await vm.SendEventAsync("SHUTDOWN");
        await vm.CloseAsync();
        var e = await Clients.FailureAsync<QmpDisconnectedException>(executing);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(e.Disconnect.Reason, Is.EqualTo(QmpDisconnectReason.PeerClosed));
            Assert.That(e.Message, Does.Contain("'quit'").And.Contains("closed the connection"));
            Assert.That((await Clients.RestAsync(listener)).Select(x => x.Name), Is.EqualTo(new[] { "SHUTDOWN" }));
            Assert.That(await Bounded.WaitAsync(client.Closed, "Closed"), Is.EqualTo(e.Disconnect));
        }
        await Clients.FailureAsync<QmpDisconnectedException>(client.ExecuteAsync("after"));
    }

    // Whatever the peer had said before it vanished still counts, even when this side notices by a failed write.
    [Test]
    public async Task What_the_peer_wrote_before_it_vanished_is_read_even_when_a_write_fails_first()
    {
        // The read loop is held up at the first event, so that the write certainly fails before the second is read.
        using var release = new ManualResetEventSlim();
        var log = new LogCapture
        {
            Logged = e =>
            {
                if (e.Message.Contains("FIRST", StringComparison.Ordinal))
                    release.Wait(Bounded.Limit);
            },
        };
        await using var server = FakeQmpServer.Start();
        var (client, vm) = await Clients.ConnectAsync(server, Clients.OptionsOf(server) with { Logger = log });
        await using var _ = client;
        using var listener = client.Listen();
        await vm.SendEventAsync("FIRST");
        await log.WaitForAsync(1020, "FIRST");
        await vm.SendEventAsync("SHUTDOWN");
        await vm.CloseAsync();
        var executing = client.ExecuteAsync("query-status");
        await log.WaitForAsync(1016, "");
        release.Set();
        await Clients.FailureAsync<QmpDisconnectedException>(executing);
        Assert.That((await Clients.RestAsync(listener)).Select(e => e.Name), Is.EqualTo(new[] { "FIRST", "SHUTDOWN" }));
    }

    // Every cut of a session: the events and replies before it are delivered, the open command fails, nothing hangs.
    [Test]
    public async Task The_end_of_the_stream_at_any_byte_loses_only_what_had_not_come()
    {
        const string Event = "{\"event\": \"STOP\"}\r\n";
        const string Reply = "{\"return\": {}, \"id\": 2}";
        var session = Encoding.UTF8.GetBytes(Event + Reply);
        await using var server = FakeQmpServer.Start();
        for (var cut = 0; cut <= session.Length; cut++)
        {
            var (client, vm) = await Clients.ConnectAsync(server);
            await using var _ = client;
            using var listener = client.Listen();
            var executing = client.ExecuteAsync("query-status");
            await vm.ExpectAsync("query-status");
            await vm.SendRawAsync(session.AsMemory(0, cut));
            await vm.CloseAsync();
            if (cut == session.Length)
                await Bounded.WaitAsync(executing, "the reply");
            else
                await Clients.FailureAsync<QmpDisconnectedException>(executing);
            var end = await Bounded.WaitAsync(client.Closed, "Closed");
            var events = await Clients.RestAsync(listener);
            var whole = cut == 0 || cut == session.Length || cut is >= 17 and <= 19;
            using (Assert.EnterMultipleScope())
            {
                Assert.That(events, Has.Count.EqualTo(cut < Event.Length - 2 ? 0 : 1), $"cut at byte {cut}");
                Assert.That(end.Reason, Is.EqualTo(QmpDisconnectReason.PeerClosed), $"cut at byte {cut}");
                Assert.That(end.Exception, whole ? Is.Null : Is.TypeOf<QmpProtocolException>(), $"cut at byte {cut}");
            }
        }
    }

    [Test]
    public async Task A_session_in_single_bytes_over_a_socket_is_understood()
    {
        await using var server = FakeQmpServer.StartTcp();
        var (client, vm) = await Clients.ConnectAsync(server);
        await using var _ = client;
        using var listener = client.Listen();
        var executing = client.ExecuteAsync("query-status");
        await vm.ExpectAsync("query-status");
        foreach (var b in "\0\r\n{\"event\":\"STOP\",\"data\":{}}{\"id\":2,\"return\":{\"status\":\"}\\\"\"}}"u8.ToArray())
            await vm.SendRawAsync(new[] { b });
        var reply = await Bounded.WaitAsync(executing, "the reply");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.Return.GetProperty("status").GetString(), Is.EqualTo("}\""));
            Assert.That(listener.TryRead(out var stop), Is.True);
            Assert.That(stop?.Name, Is.EqualTo("STOP"));
        }
    }

    [Test]
    public async Task Garbage_ends_the_connection_and_says_so()
    {
        await using var server = FakeQmpServer.Start();
        var (client, vm) = await Clients.ConnectAsync(server);
        await using var _ = client;
        var executing = client.ExecuteAsync("query-status");
        await vm.ExpectAsync("query-status");
        await vm.SendRawAsync("(qemu) "u8.ToArray());
        var e = await Clients.FailureAsync<QmpDisconnectedException>(executing);
        var end = await Bounded.WaitAsync(client.Closed, "Closed");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(end.Reason, Is.EqualTo(QmpDisconnectReason.ProtocolError));
            Assert.That(end.Exception, Is.TypeOf<QmpProtocolException>());
            Assert.That(e.Message, Does.Contain("(qemu) "));
        }
        await vm.ExpectCloseAsync();
    }

    [Test]
    public async Task A_message_beyond_the_limit_ends_the_connection()
    {
        await using var server = FakeQmpServer.Start();
        var (client, vm) = await Clients.ConnectAsync(server, Clients.OptionsOf(server) with { MaxMessageBytes = 1000 });
        await using var _ = client;
        await vm.SendRawAsync(Encoding.UTF8.GetBytes("{\"return\": \"" + new string('x', 1000)));
        var end = await Bounded.WaitAsync(client.Closed, "Closed");
        Assert.That(end.Reason, Is.EqualTo(QmpDisconnectReason.ProtocolError));
    }

    [Test]
    public async Task The_first_reason_wins()
    {
        await using var server = FakeQmpServer.Start();
        var (client, vm) = await Clients.ConnectAsync(server);
        await vm.SendRawAsync("garbage"u8.ToArray());
        await Bounded.WaitAsync(client.Closed, "Closed");
        await vm.CloseAsync();
        await client.DisposeAsync();
        await client.DisposeAsync();
        Assert.That((await client.Closed).Reason, Is.EqualTo(QmpDisconnectReason.ProtocolError));
    }

    [Test]
    public async Task Disposing_closes_the_connection_and_fails_what_is_open()
    {
        await using var server = FakeQmpServer.Start();
        var (client, vm) = await Clients.ConnectAsync(server);
        var executing = client.ExecuteAsync("query-status");
        await vm.ExpectAsync("query-status");
        await Bounded.WaitAsync(client.DisposeAsync().AsTask(), "DisposeAsync");
        var e = await Clients.FailureAsync<QmpDisconnectedException>(executing);
        Assert.That(e.Disconnect.Reason, Is.EqualTo(QmpDisconnectReason.Disposed));
        await vm.ExpectCloseAsync();
    }

    [Test]
    public async Task A_client_that_never_connected_refuses_commands_and_can_be_disposed()
    {
        var client = new QmpClient(new QmpClientOptions { Address = Clients.Parse("/nowhere") });
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => client.ExecuteAsync("query-status"), Throws.InvalidOperationException);
            Assert.That(() => client.Greeting, Throws.InvalidOperationException);
            Assert.That(client.Closed.IsCompleted, Is.False);
        }
        await client.DisposeAsync();
        Assert.That((await Bounded.WaitAsync(client.Closed, "Closed")).Reason, Is.EqualTo(QmpDisconnectReason.Disposed));
        Assert.That(() => client.ConnectAsync(), Throws.TypeOf<ObjectDisposedException>());
        await Clients.FailureAsync<QmpDisconnectedException>(client.ExecuteAsync("query-status"));
    }

    [Test]
    public async Task A_client_connects_once_and_takes_no_command_before()
    {
        await using var server = FakeQmpServer.Start();
        await using var client = new QmpClient(Clients.OptionsOf(server));
        var connecting = client.ConnectAsync();
        var vm = await server.AcceptAsync();
        Assert.That(() => client.ExecuteAsync("query-status"), Throws.InvalidOperationException);
        Assert.That(() => client.ConnectAsync(), Throws.InvalidOperationException);
        await vm.NegotiateAsync();
        await Bounded.WaitAsync(connecting, "the connection");
        Assert.That(() => client.ConnectAsync(), Throws.InvalidOperationException);
    }

    [Test]
    public async Task Disposing_while_the_greeting_is_awaited_ends_the_attempt()
    {
        await using var server = FakeQmpServer.Start();
        var client = new QmpClient(Clients.OptionsOf(server));
        var connecting = client.ConnectAsync();
        await server.AcceptAsync();
        await client.DisposeAsync();
        await Clients.FailureAsync<ObjectDisposedException>(connecting);
    }

    [Test]
    public async Task Cancelling_while_the_greeting_is_awaited_ends_the_attempt()
    {
        await using var server = FakeQmpServer.Start();
        await using var client = new QmpClient(Clients.OptionsOf(server));
        using var cancel = new CancellationTokenSource();
        var connecting = client.ConnectAsync(cancel.Token);
        var vm = await server.AcceptAsync();
        await cancel.CancelAsync();
        await Clients.FailureAsync<OperationCanceledException>(connecting);
        await vm.ExpectCloseAsync();
        Assert.That((await client.Closed).Reason, Is.EqualTo(QmpDisconnectReason.ConnectFailed));
    }
}
