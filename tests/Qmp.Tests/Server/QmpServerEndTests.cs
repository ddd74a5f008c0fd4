using System.Net.Sockets;
using System.Text.Json.Nodes;
using QmpRedirector.Testing;

namespace QmpRedirector.Qmp.Tests;

public sealed class QmpServerEndTests
{
    [Test]
    public async Task The_reply_of_the_command_that_ends_the_server_is_sent()
    {
        using var quit = new CancellationTokenSource();
        using var directory = new TempDirectory();
        var options = new QmpServerOptions { Address = Clients.Parse(directory.File("s.sock")), Version = new QmpVersion(1, 0, 0) };
        var table = new QmpCommandTable();
        table.Add("quit", (_, _) =>
        {
            quit.Cancel();
            return ValueTask.FromResult<JsonNode?>(null);
        });
        await using var server = new QmpServer(options, table);
        server.Open();
        var running = server.RunAsync(quit.Token);
        await using var client = await RawClient.NegotiateAsync(options.Address);
        Assert.That((await client.AskAsync("{'execute': 'quit', 'id': 9}")).ToJsonString(), Is.EqualTo("""{"return":{},"id":9}"""));
        Assert.That(await client.ReadLineAsync(), Is.Null);
        await Bounded.WaitAsync(running, "the end");
    }

    [Test]
    public async Task It_ends_in_time_whatever_clients_and_handlers_do()
    {
        var log = new LogCapture();
        var time = new StandingClock();
        var entered = new Signal();
        var inside = 0;
        using var stuck = new ManualResetEventSlim();
        var server = ServerUnderTest.Start(
            t =>
            {
                t.Add("stuck", (_, _) =>
                {
                    Interlocked.Increment(ref inside);
                    entered.Pulse();
                    stuck.Wait(CancellationToken.None);
                    return ValueTask.FromResult<JsonNode?>(null);
                });
                t.Add("endless", async (_, ct) =>
                {
                    Interlocked.Increment(ref inside);
                    entered.Pulse();
                    await Task.Delay(Timeout.InfiniteTimeSpan, ct);
                    return null;
                });
                t.Add("huge", (_, _) => ValueTask.FromResult<JsonNode?>(new string('x', 8 * 1024 * 1024)));
            },
            o => o with { Logger = log, TimeProvider = time });
        await using var first = await server.ConnectAsync();
        await using var second = await server.ConnectAsync();
        await using var deaf = await server.ConnectAsync();
        await first.SendAsync("{'execute': 'stuck'}");
        await second.SendAsync("{'execute': 'endless'} {'execute': 'query-version'}");
        await deaf.SendAsync("{'execute': 'huge'}");
        await entered.WaitUntilAsync(() => Volatile.Read(ref inside) == 2, "both commands to run");
        var ended = server.EndAsync();
        await time.TimerSetAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                (await second.ReadAsync())["error"]!["desc"]!.GetValue<string>(), Is.EqualTo("The command endless was interrupted"));
            Assert.That(await second.ReadLineAsync(), Is.Null, "what had not begun is not begun");
            Assert.That(ended.IsCompleted, Is.False, "the others have time yet");
            time.Advance(TimeSpan.FromMilliseconds(100));
            await time.TimerSetAsync();
            time.Advance(TimeSpan.FromMilliseconds(50));
            await ended;
            Assert.That(await first.ReadLineAsync(), Is.Null);
            Assert.That(
                log.Entries.Single(e => e.Id.Id == 1035).Message,
                Does.Contain("still busy").And.Contain("client 1"));
        }
        stuck.Set();
        await server.DisposeAsync();
    }

    [Test]
    public async Task Disposing_ends_a_running_server()
    {
        using var directory = new TempDirectory();
        var options = new QmpServerOptions { Address = Clients.Parse(directory.File("s.sock")), Version = new QmpVersion(1, 0, 0) };
        var server = new QmpServer(options, new QmpCommandTable());
        server.Open();
        var running = server.RunAsync(CancellationToken.None);
        await using var client = await RawClient.NegotiateAsync(options.Address);
        await Bounded.WaitAsync(server.DisposeAsync().AsTask(), "disposing");
        Assert.That(running.IsCompletedSuccessfully, Is.True);
        Assert.That(await client.ReadLineAsync(), Is.Null);
    }

    [Test]
    public async Task A_client_over_the_limit_is_told_so_and_the_next_is_served_when_one_leaves()
    {
        var log = new LogCapture();
        await using var server = ServerUnderTest.Start(change: o => o with { MaxClients = 2, Logger = log });
        var first = await server.ConnectAsync();
        await using var second = await server.ConnectAsync();
        await using (var third = await RawClient.ConnectAsync(server.Address))
        {
            var refusal = await third.ReadAsync();
            Assert.That(refusal["error"]!["desc"]!.GetValue<string>(), Does.StartWith("This server serves 2 clients at a time"));
            Assert.That(await third.ReadLineAsync(), Is.Null);
        }
        await first.DisposeAsync();
        await log.WaitForAsync(1041, "client 1");
        await using var fourth = await server.ConnectAsync();
        Assert.That((await second.AskAsync("{'execute': 'query-version'}"))["return"], Is.Not.Null);
    }

    [Test]
    public async Task A_client_that_stops_sending_gets_the_answers_to_all_it_asked()
    {
        var gate = new SemaphoreSlim(0);
        await using var server = ServerUnderTest.Start(t => t.Add("slow", async (_, ct) =>
        {
            await gate.WaitAsync(ct);
            return null;
        }));
        await using var client = await server.ConnectAsync();
        await client.SendAsync(string.Concat(Enumerable.Range(0, 20).Select(i => $"{{'execute': 'slow', 'id': {i}}}")));
        client.Socket.Shutdown(SocketShutdown.Send);
        gate.Release(20);
        for (var i = 0; i < 20; i++)
            Assert.That((await client.ReadAsync())["id"]!.GetValue<int>(), Is.EqualTo(i));
        Assert.That(await client.ReadLineAsync(), Is.Null);
    }

    [Test]
    public async Task A_client_that_vanishes_has_its_command_cancelled()
    {
        var cancelled = new TaskCompletionSource();
        var entered = new TaskCompletionSource();
        await using var server = ServerUnderTest.Start(
            t => t.Add("endless", async (_, ct) =>
            {
                await using var registration = ct.Register(() => cancelled.TrySetResult());
                entered.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, ct);
                return null;
            }));
        var client = await server.ConnectAsync();
        await client.SendAsync("{'execute': 'endless'}");
        await Bounded.WaitAsync(entered.Task, "the command to run");
        await client.DisposeAsync();
        server.Server.Emit("TRY");
        await Bounded.WaitAsync(cancelled.Task, "the command to be cancelled");
    }
}
