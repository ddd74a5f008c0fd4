using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using QmpRedirector.Testing;

namespace QmpRedirector.Qmp.Tests;

public sealed class QmpServerCommandTests
{
    [TestCase("1")]
    [TestCase("-1.5e3")]
    [TestCase("0.1")]
    [TestCase("18446744073709551615")]
    [TestCase("1e400")]
    [TestCase("null")]
    [TestCase("true")]
    [TestCase("\"\"")]
    [TestCase("\"\\u00E9\\uD83D\\uDE00\"")]
    [TestCase("[]")]
    [TestCase("""{"a": [1, {"b": null}], "c": {}}""")]
    public async Task An_id_of_any_kind_comes_back_as_it_was_sent(string id)
    {
        await using var server = ServerUnderTest.Start();
        await using var client = await server.ConnectAsync();
        await client.SendAsync($"{{'execute': 'query-version', 'id': {id}}} {{'execute': 'nope', 'id': {id}}}");
        Assert.That(await client.ReadLineAsync(), Does.EndWith($", \"id\": {id}}}"));
        Assert.That(await client.ReadLineAsync(), Does.StartWith($"{{\"id\": {id}, \"error\": "));
    }

    [Test]
    public async Task The_built_in_commands_describe_the_server()
    {
        await using var server = ServerUnderTest.Start(t =>
        {
            t.Add("qom-get", ServerUnderTest.Echo, allowOob: true, new QmpMember("path"), new QmpMember("names", "[str]", Optional: true));
            t.AddEvent("STATE", new QmpMember("running", "bool"));
        });
        await using var client = await server.ConnectAsync();
        var version = await client.AskAsync("{'execute': 'query-version'}");
        var commands = await client.AskAsync("{'execute': 'query-commands'}");
        var schema = (await client.AskAsync("{'execute': 'query-qmp-schema'}"))["return"]!.AsArray();
        var byName = schema.ToDictionary(e => e!["name"]!.GetValue<string>(), e => e!);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(version["return"]!.ToJsonString(), Is.EqualTo("""{"qemu":{"micro":3,"minor":2,"major":1},"package":"test"}"""));
            Assert.That(
                commands["return"]!.AsArray().Select(c => c!["name"]!.GetValue<string>()),
                Is.EquivalentTo(["qom-get", "qmp_capabilities", "query-version", "query-commands", "query-qmp-schema"]));
            Assert.That(byName["qom-get"]["allow-oob"]!.GetValue<bool>(), Is.True);
            Assert.That(byName["query-version"].AsObject().ContainsKey("allow-oob"), Is.False);
            Assert.That(
                MembersOf("qom-get"),
                Is.EqualTo("""[{"name":"path","type":"str"},{"name":"names","type":"[str]","default":null}]"""));
            Assert.That(MembersOf("STATE"), Is.EqualTo("""[{"name":"running","type":"bool"}]"""));
            Assert.That(MembersOf("query-commands"), Is.EqualTo("[]"));
            Assert.That(byName["[str]"].ToJsonString(), Is.EqualTo("""{"name":"[str]","meta-type":"array","element-type":"str"}"""));
            Assert.That(byName["bool"].ToJsonString(), Is.EqualTo("""{"name":"bool","meta-type":"builtin","json-type":"boolean"}"""));
            Assert.That(References(schema).Distinct(), Is.SubsetOf(byName.Keys), "every type that is referred to is described");
        }

        string MembersOf(string name) => byName[byName[name]["arg-type"]!.GetValue<string>()]["members"]!.ToJsonString();
    }

    [Test]
    public void A_command_cannot_take_the_name_of_a_built_in_one()
    {
        using var directory = new TempDirectory();
        var options = new QmpServerOptions { Address = Clients.Parse(directory.File("s.sock")), Version = new QmpVersion(1, 0, 0) };
        var table = new QmpCommandTable();
        table.Add("query-version", ServerUnderTest.Echo);
        Assert.That(() => new QmpServer(options, table).Open(), Throws.ArgumentException);
    }

    [Test]
    public async Task A_handlers_errors_have_the_class_and_sentence_it_gave_and_unexpected_ones_are_logged()
    {
        var log = new LogCapture();
        await using var server = ServerUnderTest.Start(
            t =>
            {
                t.Add("absent", (_, _) => throw new QmpServerError(QmpErrorClass.DeviceNotFound, "Device 'x' not found"));
                t.Add("broken", (_, _) => throw new InvalidDataException("no good"));
                t.Add("unwritable", (_, _) => ValueTask.FromResult<JsonNode?>(JsonValue.Create(double.NaN)));
            },
            o => o with { Logger = log });
        await using var client = await server.ConnectAsync();
        var absent = await client.AskAsync("{'execute': 'absent'}");
        var broken = await client.AskAsync("{'execute': 'broken'}");
        var unwritable = await client.AskAsync("{'execute': 'unwritable'}");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                absent.ToJsonString(),
                Is.EqualTo("""{"error":{"class":"DeviceNotFound","desc":"Device \u0027x\u0027 not found"}}"""));
            Assert.That(broken["error"]!["class"]!.GetValue<string>(), Is.EqualTo("GenericError"));
            Assert.That(broken["error"]!["desc"]!.GetValue<string>(), Is.EqualTo("The command broken failed: no good"));
            Assert.That(unwritable["error"]!["desc"]!.GetValue<string>(), Does.StartWith("The command unwritable failed: "));
            Assert.That(log.Entries.Count(e => e.Id.Id == 1046), Is.EqualTo(2));
        }
    }

    [Test]
    public async Task Commands_of_one_client_run_one_at_a_time_and_those_of_others_meanwhile()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var atOnce = 0;
        var most = 0;
        await using var server = ServerUnderTest.Start(t => t.Add("slow", async (_, _) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref atOnce));
            await release.Task;
            Interlocked.Decrement(ref atOnce);
            return null;
        }));
        await using var slow = await server.ConnectAsync();
        await using var quick = await server.ConnectAsync();
        await slow.SendAsync(string.Concat(Enumerable.Range(0, 5).Select(i => $"{{'execute': 'slow', 'id': {i}}}")));
        Assert.That((await quick.AskAsync("{'execute': 'query-version'}"))["return"], Is.Not.Null);
        release.SetResult();
        for (var i = 0; i < 5; i++)
            Assert.That((await slow.ReadAsync())["id"]!.GetValue<int>(), Is.EqualTo(i));
        Assert.That(most, Is.EqualTo(1));
    }

    [Test]
    public async Task A_command_out_of_band_overtakes_those_that_wait()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = ServerUnderTest.Start(t =>
        {
            t.Add("slow", async (_, _) =>
            {
                await release.Task;
                return null;
            });
            t.Add("release", (_, _) =>
            {
                release.TrySetResult();
                return ValueTask.FromResult<JsonNode?>("released");
            }, allowOob: true);
        });
        await using var client = await server.ConnectAsync(outOfBand: true);
        await client.SendAsync(
            "{'execute': 'slow', 'id': 1} {'execute': 'query-version', 'id': 2} "
            + "{'exec-oob': 'query-version', 'id': 3} {'exec-oob': 'release', 'id': 4}");
        var answers = new List<JsonObject>();
        for (var i = 0; i < 4; i++)
            answers.Add(await client.ReadAsync());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(answers.Select(a => a["id"]!.GetValue<int>()), Is.EqualTo([3, 4, 1, 2]));
            Assert.That(answers[0]["error"]!["desc"]!.GetValue<string>(), Is.EqualTo("The command query-version does not support OOB"));
        }
    }

    [Test]
    public async Task A_client_may_send_any_number_of_commands_before_it_reads()
    {
        const int Commands = 20_000;
        await using var server = ServerUnderTest.Start(
            t => t.Add("echo", ServerUnderTest.Echo), o => o with { ClientQueueBytes = 64 * 1024 });
        await using var client = await server.ConnectAsync();
        var text = new StringBuilder();
        for (var i = 0; i < Commands; i++)
            text.Append(
                System.Globalization.CultureInfo.InvariantCulture,
                $"{{'execute': 'echo', 'arguments': {{'pad': 'xxxxxxxxxx'}}, 'id': {i}}}");
        var sending = client.SendAsync(text.ToString());
        for (var i = 0; i < Commands; i++)
            Assert.That((await client.ReadAsync())["id"]!.GetValue<int>(), Is.EqualTo(i));
        await sending;
    }

    [Test]
    public async Task Big_arguments_arrive_and_too_big_ones_are_refused_and_recovered_from()
    {
        await using var server = ServerUnderTest.Start(
            t => t.Add("echo", ServerUnderTest.Echo), o => o with { MaxRequestBytes = 4 * 1024 * 1024, ClientQueueBytes = 64 * 1024 });
        await using var client = await server.ConnectAsync();
        var big = new string('x', 3 * 1024 * 1024);
        var list = string.Join(',', Enumerable.Range(0, 100_000));
        await client.SendAsync($"{{'execute': 'echo', 'arguments': {{'s': '{big}'}}}}");
        Assert.That((await client.ReadAsync())["return"]!["s"]!.GetValue<string>(), Has.Length.EqualTo(big.Length));
        await client.SendAsync($"{{'execute': 'echo', 'arguments': {{'l': [{list}]}}}}");
        Assert.That((await client.ReadAsync())["return"]!["l"]!.AsArray(), Has.Count.EqualTo(100_000));
        var lines = await client.ProbeAsync(Encoding.ASCII.GetBytes($"{{'execute': 'echo', 'arguments': {{'s': '{big}{big}'"));
        Assert.That(lines[0], Does.Contain("JSON token size limit exceeded"));
    }

    [Test]
    public async Task A_request_may_come_in_any_pieces()
    {
        var request = Encoding.UTF8.GetBytes(
            """{"execute": 'echo', "arguments": {"s": "\u00e9\\\ud83d\ude00é", "n": -12.5e3, "b": true}, "id": 1}""");
        await using var server = ServerUnderTest.Start(t => t.Add("echo", ServerUnderTest.Echo));
        await using var client = await server.ConnectAsync();
        for (var cut = 1; cut < request.Length; cut++)
        {
            await client.SendAsync(request.AsMemory(0, cut));
            await client.SendAsync(request.AsMemory(cut));
            Assert.That(
                await client.ReadLineAsync(),
                Is.EqualTo("""{"return": {"s": "\u00E9\\\uD83D\uDE00\u00E9", "n": -12.5e3, "b": true}, "id": 1}"""), $"cut at {cut}");
        }
        foreach (var single in request)
            await client.SendAsync(new[] { single });
        Assert.That((await client.ReadAsync())["return"], Is.Not.Null);
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonArray elements => elements.SelectMany(References),
        JsonObject members => members.SelectMany(m => m.Key is "type" or "arg-type" or "ret-type" or "element-type"
            ? [m.Value!.GetValue<string>()]
            : References(m.Value)),
        _ => [],
    };
}
