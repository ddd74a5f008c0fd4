using QmpRedirector.Testing;

namespace QmpRedirector.Qmp.Tests;

public sealed class QmpConnectorTests
{
    [Test]
    public async Task It_tries_until_the_server_is_there_and_prepares_every_fresh_client()
    {
        using var directory = new TempDirectory();
        var path = directory.File("qmp.sock");
        var retries = new List<(Exception Exception, int Attempt)>();
        var failedTwice = new TaskCompletionSource();
        var prepared = 0;
        QmpEventListener? listener = null;
        var connector = new QmpConnector(new QmpClientOptions { Address = Clients.Parse(path) }, (e, attempt) =>
        {
            retries.Add((e, attempt));
            if (attempt == 2)
                failedTwice.TrySetResult();
        });
        var connecting = connector.ConnectAsync(
            client =>
            {
                prepared++;
                listener = client.Listen();
            },
            CancellationToken.None);
        await Bounded.WaitAsync(failedTwice.Task, "two failed attempts");

        await using var server = FakeQmpServer.Start(path);
        var vm = await server.AcceptAsync();
        await vm.SendEventAsync("EARLY");
        await vm.NegotiateAsync();
        await using var connected = await Bounded.WaitAsync(connecting, "the connection");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(retries.Select(r => r.Attempt), Is.EqualTo(Enumerable.Range(1, retries.Count)));
            Assert.That(retries.Select(r => ((QmpConnectException)r.Exception).Reason), Is.All.EqualTo(QmpConnectFailure.NotFound)
                .Or.EqualTo(QmpConnectFailure.Refused));
            Assert.That(prepared, Is.EqualTo(retries.Count + 1));
            Assert.That(listener!.TryRead(out var early) ? early.Name : null, Is.EqualTo("EARLY"));
        }
    }

    [Test]
    public async Task A_peer_that_breaks_the_protocol_or_leaves_is_tried_again()
    {
        await using var server = FakeQmpServer.Start();
        var retries = new List<Exception>();
        var connector = new QmpConnector(Clients.OptionsOf(server), (e, _) => retries.Add(e));
        var connecting = connector.ConnectAsync(null, CancellationToken.None);
        await (await server.AcceptAsync()).SendRawAsync("garbage"u8.ToArray());
        var leaving = await server.AcceptAsync();
        await leaving.SendGreetingAsync();
        await leaving.ExpectAsync("qmp_capabilities");
        await leaving.CloseAsync();
        await server.AcceptNegotiatedAsync();
        await using var client = await Bounded.WaitAsync(connecting, "the third attempt");
        Assert.That(retries.Select(e => e.GetType()), Is.EqualTo(new[] { typeof(QmpProtocolException), typeof(QmpConnectException) }));
    }

    [Test]
    public async Task It_reconnects_after_the_connection_has_ended()
    {
        await using var server = FakeQmpServer.Start();
        var connector = new QmpConnector(Clients.OptionsOf(server));
        for (var round = 0; round < 3; round++)
        {
            var connecting = connector.ConnectAsync(null, CancellationToken.None);
            var vm = await server.AcceptNegotiatedAsync();
            await using var client = await Bounded.WaitAsync(connecting, "the connection");
            await vm.CloseAsync();
            Assert.That((await Bounded.WaitAsync(client.Closed, "Closed")).Reason, Is.EqualTo(QmpDisconnectReason.PeerClosed));
        }
    }

    // 1100 attempts, because 2 to that power is beyond a double: the delay must neither overflow nor fall back to nothing.
    [Test]
    public async Task The_delay_grows_from_about_50_ms_and_stays_below_2_s_for_ever()
    {
        var time = new InstantTimeProvider();
        using var cancel = new CancellationTokenSource();
        var options = new QmpClientOptions
        {
            Address = Clients.Parse("/nonexistent/qmp.sock"),
            TimeProvider = time,
            ConnectTimeout = Timeout.InfiniteTimeSpan,
        };
        var connector = new QmpConnector(options, (_, attempt) =>
        {
            if (attempt == 1100)
                cancel.Cancel();
        });
        await Clients.FailureAsync<OperationCanceledException>(connector.ConnectAsync(null, cancel.Token));
        var delays = time.Delays;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(delays, Has.Count.GreaterThanOrEqualTo(1099).And.All.InRange(TimeSpan.Zero, TimeSpan.FromSeconds(2)));
            Assert.That(delays[0], Is.LessThan(TimeSpan.FromMilliseconds(200)));
            Assert.That(delays.Skip(20).Average(d => d.TotalSeconds), Is.GreaterThan(1));
        }
    }

    [Test]
    public async Task An_inherited_descriptor_has_one_attempt()
    {
        await using var server = FakeQmpServer.Start();
        var address = QmpConnectTests.Inherit(server);
        var retries = 0;
        var connector = new QmpConnector(new QmpClientOptions { Address = address }, (_, _) => retries++);
        var connecting = connector.ConnectAsync(null, CancellationToken.None);
        await (await server.AcceptAsync()).SendRawAsync("garbage"u8.ToArray());
        await Clients.FailureAsync<QmpProtocolException>(connecting);
        var e = await Clients.FailureAsync<QmpConnectException>(connector.ConnectAsync(null, CancellationToken.None));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(e.Message, Does.Contain("cannot be made again"));
            Assert.That(retries, Is.Zero);
        }
    }

    [Test]
    public async Task A_failure_that_is_not_the_servers_is_not_repeated()
    {
        var connector = new QmpConnector(new QmpClientOptions { Address = Clients.Parse("/nonexistent/qmp.sock") });
        var connecting = connector.ConnectAsync(_ => throw new InvalidCastException(), CancellationToken.None);
        await Clients.FailureAsync<InvalidCastException>(connecting);
    }
}
