using System.Diagnostics;
using System.Text.Json.Nodes;
using QmpRedirector.Testing;

namespace QmpRedirector.Qmp.Tests;

/// <summary>The server and clients that were not made for it.</summary>
public sealed class QmpServerClientsTests
{
    [Test]
    public async Task This_librarys_own_client_is_served()
    {
        await using var server = ServerUnderTest.Start(t => t.Add("echo", ServerUnderTest.Echo, allowOob: true));
        var connector = new QmpConnector(new QmpClientOptions { Address = server.Address });
        QmpEventListener? events = null;
        await using var client = await connector.ConnectAsync(c => events = c.Listen(), CancellationToken.None);
        var version = await client.ExecuteAsync("query-version");
        var arguments = new JsonObject { ["text"] = "n\u00e4\ud83d\ude00\0", ["list"] = new JsonArray(1, 2.5, null) };
        var echo = await client.ExecuteAsync("echo", arguments.DeepClone().AsObject(), outOfBand: true);
        var unknown = await Clients.FailureAsync<QmpCommandException>(client.ExecuteAsync("nope"));
        var burst = await Bounded.WaitAsync(
            Task.WhenAll(Enumerable.Range(0, 200).Select(i => client.ExecuteAsync("echo", new JsonObject { ["i"] = i }))), "the burst");
        server.Server.Emit("HELLO", new JsonObject { ["to"] = "you" });
        var hello = await Clients.NextAsync(events!, "HELLO");
        using (Assert.EnterMultipleScope())
        {
            Assert.That((client.Greeting.Major, client.Greeting.Package, client.Greeting.OutOfBand), Is.EqualTo((1, "test", true)));
            Assert.That(version.Return.GetProperty("qemu").GetProperty("micro").GetInt32(), Is.EqualTo(3));
            Assert.That(JsonNode.DeepEquals(JsonNode.Parse(echo.Return.GetRawText()), arguments), Is.True);
            Assert.That(unknown.ErrorClass, Is.EqualTo(QmpErrorClass.CommandNotFound));
            Assert.That(burst.Select(r => r.Return.GetProperty("i").GetInt32()), Is.EqualTo(Enumerable.Range(0, 200)));
            Assert.That((hello.Name, hello.Data.GetProperty("to").GetString()), Is.EqualTo(("HELLO", "you")));
        }
    }

    [Test]
    public async Task JSON_typed_into_socat_is_answered()
    {
        await using var server = ServerUnderTest.Start(t => t.Add("echo", ServerUnderTest.Echo));
        var start = new ProcessStartInfo("socat", ["-t", "10", "-", $"UNIX-CONNECT:{server.Address.Path}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var socat = Process.Start(start)!;
        await socat.StandardInput.WriteLineAsync("{'execute': 'qmp_capabilities'}");
        await socat.StandardInput.WriteLineAsync("{ \"execute\": \"echo\",");
        await socat.StandardInput.WriteLineAsync("  \"arguments\": { \"n\": 1 } }");
        socat.StandardInput.Close();
        var output = await Bounded.WaitAsync(socat.StandardOutput.ReadToEndAsync(), "socat's output");
        await Bounded.WaitAsync(socat.WaitForExitAsync(), "socat to end");
        Assert.That(output.Split("\r\n").Skip(1), Is.EqualTo(["""{"return": {}}""", """{"return": {"n": 1}}""", ""]));
    }

    [Test]
    public async Task Many_clients_are_served_at_once()
    {
        await using var server = ServerUnderTest.Start(t => t.Add("echo", ServerUnderTest.Echo));
        await Bounded.WaitAsync(
            Task.WhenAll(Enumerable.Range(0, 60).Select(async number =>
            {
                await using var client = await server.ConnectAsync();
                for (var i = 0; i < 50; i++)
                {
                    var reply = await client.AskAsync($$"""{"execute": "echo", "arguments": {"c": {{number}}, "i": {{i}} } }""");
                    Assert.That(reply["return"]!.ToJsonString(), Is.EqualTo($$"""{"c":{{number}},"i":{{i}}}"""));
                }
            })),
            "60 clients");
    }
}
