using System.Threading.Channels;
using QmpRedirector.Testing;

namespace QmpRedirector.SystemTests.RunStates;

/// <summary>
/// A QMP server in QEMU's place that holds the sidecar's query-status until the test gives the answer. After each step one query is held,
/// the sidecar's newest, so that the order of events and answers on the wire is the test's.
/// </summary>
internal sealed class ScriptedMonitor : IAsyncDisposable
{
    private readonly FakeQmpServer _server;
    private FakeQmpConnection _client = null!;
    private Channel<FakeCommand> _queries = null!;
    private FakeCommand _held = null!;
    private Task _reading = Task.CompletedTask;

    private ScriptedMonitor(FakeQmpServer server) => _server = server;

    public static ScriptedMonitor Start(string path) => new(FakeQmpServer.Start(path));

    /// <summary>The sidecar connects, and asks for the run state. QEMU says no event before its capabilities are negotiated.</summary>
    public async Task AcceptAsync(
        string[]? beforeCapabilities = null, string[]? beforeTheirReturn = null, string[]? afterTheirReturn = null)
    {
        _client = await _server.AcceptAsync();
        await _client.SendGreetingAsync();
        await EmitAsync(beforeCapabilities ?? []);
        await _client.ExpectAsync("qmp_capabilities");
        await EmitAsync(beforeTheirReturn ?? []);
        await _client.SendReturnAsync();
        await EmitAsync(afterTheirReturn ?? []);
        _queries = Channel.CreateUnbounded<FakeCommand>();
        _reading = ReadAsync(_client, _queries.Writer);
        await HoldNextAsync();
    }

    public async Task EmitAsync(params string[] events)
    {
        foreach (var name in events) await _client.SendEventAsync(name);
    }

    /// <summary>
    /// Answers the query held. The sidecar asks again if there was an event since it asked; if not, the next event makes it.
    /// </summary>
    public Task AnswerAsync(string runState)
    {
        var running = runState == "running" ? "true" : "false";
        return _client.SendReturnAsync($$"""{"status": "{{runState}}", "singlestep": false, "running": {{running}}}""", _held);
    }

    public async Task HoldNextAsync() => _held = await Bounded.WaitAsync(_queries.Reader.ReadAsync().AsTask(), "a query-status");

    /// <summary>
    /// Answers with this state until the sidecar cannot but have taken it: an event makes it ask again, and having asked again after the
    /// second answer it has done all that followed from the first.
    /// </summary>
    public async Task SettleAsync(string runState)
    {
        for (var answers = 0; answers < 2; answers++)
        {
            await EmitAsync("WATCHDOG");
            await AnswerAsync(runState);
            await HoldNextAsync();
        }
    }

    /// <summary>Closes the connection; the sidecar's next one waits, unanswered, for <see cref="AcceptAsync"/>.</summary>
    public async Task DropAsync()
    {
        await _client.CloseAsync();
        await Bounded.WaitAsync(_reading, "the reader to end");
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await Bounded.WaitAsync(_reading, "the reader to end");
    }

    private static async Task ReadAsync(FakeQmpConnection client, ChannelWriter<FakeCommand> queries)
    {
        while (await client.ReceiveAsync() is { } command)
        {
            switch (command.Name)
            {
                case "query-status":
                    await queries.WriteAsync(command);
                    break;
                case "query-cpus-fast":
                    // This process stands for QEMU's: it lives, however often the connection is lost.
                    await client.SendReturnAsync($$"""[{"cpu-index": 0, "thread-id": {{Environment.ProcessId}}}]""", command);
                    break;
                default:
                    await client.SendReturnAsync("[]", command);
                    break;
            }
        }
    }
}
