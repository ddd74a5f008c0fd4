using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.Json;
using QmpRedirector.Qmp;

namespace QmpRedirector.Testing;

/// <summary>
/// A QEMU as a QMP client sees it: it answers a table of commands by itself, and its run state, QOM tree and monitor output are the
/// test's. Like QEMU it serves one client at a time; the next one waits, accepted but not greeted.
/// </summary>
public sealed class FakeVm : IAsyncDisposable
{
    private readonly FakeQmpServer _server;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<string, int> _received = new(StringComparer.Ordinal);
    private readonly Signal _changed = new();
    private readonly Task _serving;
    private volatile FakeQmpConnection? _client;
    private volatile string _runState;

    private FakeVm(FakeQmpServer server, string runState)
    {
        _server = server;
        _runState = runState;
        Handlers = new(StringComparer.Ordinal)
        {
            ["query-status"] = _ => QueryStatus(),
            ["query-version"] = _ => """{"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian 1:7.2"}""",
            ["query-cpus-fast"] = _ => $$"""[{"cpu-index": 0, "thread-id": {{ThreadId}}, "target": "x86_64", "qom-path": "/cpu"}]""",
            ["human-monitor-command"] = RunMonitorCommand,
            ["qom-list"] = arguments => Qom.List(arguments),
            ["qom-get"] = arguments => Qom.Get(arguments),
            ["x-query-virtio-status"] = QueryVirtioStatus,
        };
        _serving = ServeAsync();
    }

    /// <summary>Where clients connect.</summary>
    public QmpAddress Address => _server.Address;

    /// <summary>
    /// What answers a command, from its arguments to the JSON it returns; <see cref="FakeQmpException"/> makes it an error.
    /// </summary>
    public ConcurrentDictionary<string, Func<JsonElement?, string>> Handlers { get; }

    /// <summary>The human monitor's answers, by command line; lines end in CR LF, as QEMU's.</summary>
    public ConcurrentDictionary<string, string> Monitor { get; } = new(StringComparer.Ordinal);

    /// <summary>The answers to x-query-virtio-status, by QOM path.</summary>
    public ConcurrentDictionary<string, string> VirtioStatus { get; } = new(StringComparer.Ordinal);

    /// <summary>What qom-list and qom-get see.</summary>
    public FakeQom Qom { get; } = new();

    /// <summary>The thread-id of the only CPU; this process by default.</summary>
    public int ThreadId { get; set; } = Environment.ProcessId;

    /// <summary>What query-status says. Setting it emits nothing.</summary>
    public string RunState
    {
        get => _runState;
        set => _runState = value;
    }

    public static FakeVm Start(string runState = "running") => new(FakeQmpServer.Start(), runState);

    /// <summary>Starts on a path that clients may already wait for.</summary>
    public static FakeVm StartAt(string path, string runState = "running") => new(FakeQmpServer.Start(path), runState);

    /// <summary>How often a command was received, over all clients.</summary>
    public int Received(string command) => _received.GetValueOrDefault(command);

    /// <summary>Until a client has negotiated and not yet left.</summary>
    public Task WaitForClientAsync() => _changed.WaitUntilAsync(() => _client is not null, $"a negotiated client on {Address}");

    /// <summary>Until there is no client.</summary>
    public Task WaitForNoClientAsync() => _changed.WaitUntilAsync(() => _client is null, $"the client on {Address} to leave");

    /// <summary>Until a command has been received this often in all.</summary>
    public Task WaitForCommandAsync(string command, int times = 1) =>
        _changed.WaitUntilAsync(() => Received(command) >= times, $"'{command}' to be received {times} times in all");

    /// <summary>Emits an event; nobody gets it while no client has negotiated.</summary>
    public Task EmitAsync(string name, string? dataJson = null, long? timestampNs = null) =>
        _client?.SendEventAsync(name, dataJson, timestampNs) ?? Task.CompletedTask;

    /// <summary>Stops the VM as QEMU does: first the state, then STOP.</summary>
    public Task StopVmAsync(long? timestampNs = null, string runState = "paused")
    {
        RunState = runState;
        return EmitAsync("STOP", timestampNs: timestampNs);
    }

    /// <summary>Resumes the VM as QEMU does: first RESUME, then the state.</summary>
    public async Task ResumeVmAsync(long? timestampNs = null)
    {
        await EmitAsync("RESUME", timestampNs: timestampNs);
        RunState = "running";
    }

    /// <summary>Drops the client; the next may come.</summary>
    public Task DropClientAsync() => _client?.CloseAsync() ?? Task.CompletedTask;

    /// <summary>Ends the VM: client and socket are gone.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _server.DisposeAsync();
        await Bounded.WaitAsync(_serving, "the fake VM to end");
        _stopping.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
                await ServeAsync(await _server.AcceptUnboundedAsync(_stopping.Token));
        }
        catch (Exception) when (_stopping.IsCancellationRequested)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(FakeQmpConnection client)
    {
        try
        {
            await client.SendGreetingAsync();
            while (await client.ReceiveAsync(_stopping.Token) is { } command)
                await AnswerAsync(client, command);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The client left in mid-answer, or the test dropped it.
        }
        finally
        {
            _client = null;
            await client.CloseAsync();
            _changed.Pulse();
        }
    }

    private async Task AnswerAsync(FakeQmpConnection client, FakeCommand command)
    {
        _received.AddOrUpdate(command.Name, 1, (_, count) => count + 1);
        try
        {
            if (command.Name == "qmp_capabilities")
                await NegotiateAsync(client, command);
            else if (_client is null)
                throw new FakeQmpException("Expecting capabilities negotiation with 'qmp_capabilities'", "CommandNotFound");
            else if (Handlers.TryGetValue(command.Name, out var handler))
                await client.SendReturnAsync(handler(command.Arguments), command);
            else
                await AnswerBuiltInAsync(client, command);
        }
        catch (FakeQmpException e)
        {
            await client.SendErrorAsync(e.ErrorClass, e.Message, command);
        }
        _changed.Pulse();
    }

    // Events may come before this return: the monitor is negotiated once the command has run.
    private Task NegotiateAsync(FakeQmpConnection client, FakeCommand command)
    {
        _client = client;
        return client.SendReturnAsync("{}", command);
    }

    private string QueryStatus()
    {
        var state = RunState;
        return $$"""{"status": "{{state}}", "singlestep": false, "running": {{(state == "running" ? "true" : "false")}}}""";
    }

    // Their event comes before their return, as QEMU's does.
    private async Task AnswerBuiltInAsync(FakeQmpConnection client, FakeCommand command)
    {
        if (command.Name == "stop")
            await StopVmAsync();
        else if (command.Name == "cont")
            await ResumeVmAsync();
        else
            throw new FakeQmpException($"The command {command.Name} has not been found", "CommandNotFound");
        await client.SendReturnAsync("{}", command);
    }

    private string RunMonitorCommand(JsonElement? arguments)
    {
        var line = arguments!.Value.GetProperty("command-line").GetString()!;
        var output = Monitor.GetValueOrDefault(line, $"unknown command: '{line}'\r\n");
        return $"\"{JsonEncodedText.Encode(output)}\"";
    }

    private string QueryVirtioStatus(JsonElement? arguments)
    {
        var path = arguments!.Value.GetProperty("path").GetString()!;
        return VirtioStatus.TryGetValue(path, out var json) ? json : throw new FakeQmpException($"Path {path} is not a VirtIODevice");
    }
}
