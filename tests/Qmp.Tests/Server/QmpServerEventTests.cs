using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using QmpRedirector.Testing;

namespace QmpRedirector.Qmp.Tests;

public sealed class QmpServerEventTests
{
    [Test]
    public async Task An_event_goes_to_every_negotiated_client_and_to_no_other()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000).AddMicroseconds(42));
        await using var server = ServerUnderTest.Start(change: o => o with { TimeProvider = clock });
        await using var first = await server.ConnectAsync();
        await using var second = await server.ConnectAsync();
        await using var silent = await RawClient.ConnectAsync(server.Address);
        await silent.ReadAsync();
        server.Server.Emit("ARMED", new JsonObject { ["id"] = "f0" });
        server.Server.Emit("IDLE");
        const string Time = """{"timestamp": {"seconds": 1700000000, "microseconds": 42}, """;
        foreach (var client in new[] { first, second })
        {
            Assert.That(await client.ReadLineAsync(), Is.EqualTo(Time + "\"event\": \"ARMED\", \"data\": {\"id\": \"f0\"}}"));
            Assert.That(await client.ReadLineAsync(), Is.EqualTo(Time + "\"event\": \"IDLE\"}"));
        }
        var reply = await silent.AskAsync("{'execute': 'qmp_capabilities'}");
        Assert.That(reply.ToJsonString(), Is.EqualTo("""{"return":{}}"""), "no event came before");
    }

    [Test]
    public async Task An_event_emitted_by_a_command_comes_before_its_reply()
    {
        QmpServer? emitting = null;
        await using var server = ServerUnderTest.Start(t => t.Add("go", (_, _) =>
        {
            emitting!.Emit("GONE");
            return ValueTask.FromResult<JsonNode?>(null);
        }));
        emitting = server.Server;
        await using var client = await server.ConnectAsync();
        await client.SendAsync("{'execute': 'go'}");
        Assert.That((await client.ReadAsync())["event"]!.GetValue<string>(), Is.EqualTo("GONE"));
        Assert.That((await client.ReadAsync())["return"], Is.Not.Null);
    }

    [Test]
    public async Task Events_come_to_a_client_whose_command_is_under_way()
    {
        var release = new TaskCompletionSource<JsonNode?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var entered = new TaskCompletionSource();
        await using var server = ServerUnderTest.Start(t => t.Add("slow", async (_, _) =>
        {
            entered.SetResult();
            return await release.Task;
        }));
        await using var client = await server.ConnectAsync();
        await client.SendAsync("{'execute': 'slow'}");
        await Bounded.WaitAsync(entered.Task, "the command to run");
        server.Server.Emit("MEANWHILE");
        Assert.That((await client.ReadAsync())["event"]!.GetValue<string>(), Is.EqualTo("MEANWHILE"));
        release.SetResult("done");
        Assert.That((await client.ReadAsync())["return"]!.GetValue<string>(), Is.EqualTo("done"));
    }

    [Test]
    public async Task A_client_that_never_reads_is_disconnected_and_the_others_get_everything()
    {
        const int Events = 3000;
        var log = new LogCapture();
        await using var server = ServerUnderTest.Start(change: o => o with { ClientQueueBytes = 256 * 1024, Logger = log });
        await using var deaf = await server.ConnectAsync();
        await using var reader = await server.ConnectAsync();
        var data = new JsonObject { ["text"] = new string('x', 1000) };
        for (var i = 0; i < Events; i++)
        {
            data["number"] = i;
            server.Server.Emit("NEWS", data);
            var news = await reader.ReadAsync();
            Assert.That(news["data"]!["number"]!.GetValue<int>(), Is.EqualTo(i));
        }
        await log.WaitForAsync(1042, "does not read");
        await log.WaitForAsync(1041, "client 1");
        var got = 0;
        while (await deaf.ReadLineAsync() is not null)
            got++;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(got, Is.LessThan(Events), "what its socket held, then the end");
            Assert.That(log.Entries.Count(e => e.Id.Id == 1042), Is.EqualTo(1));
            Assert.That((await reader.AskAsync("{'execute': 'query-version'}"))["return"], Is.Not.Null);
        }
    }

    [Test]
    public async Task Events_of_many_threads_reach_every_client_in_one_order()
    {
        const int Threads = 4;
        const int Each = 250;
        await using var server = ServerUnderTest.Start();
        await using var first = await server.ConnectAsync();
        await using var second = await server.ConnectAsync();
        await Bounded.WaitAsync(
            Task.WhenAll(Enumerable.Range(0, Threads).Select(t => Task.Run(() =>
            {
                for (var i = 0; i < Each; i++)
                    server.Server.Emit("E", new JsonObject { ["t"] = t, ["i"] = i });
            }))),
            "the emitters");
        var seen = new List<string?>();
        for (var i = 0; i < Threads * Each; i++)
        {
            seen.Add(await first.ReadLineAsync());
            Assert.That(await second.ReadLineAsync(), Is.EqualTo(seen[^1]));
        }
        Assert.That(seen.Select(s => JsonNode.Parse(s!)!["data"]!.ToJsonString()), Is.Unique);
    }
}
