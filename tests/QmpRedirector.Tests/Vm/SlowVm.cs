using System.Net.Sockets;
using System.Threading.Channels;
using QmpRedirector.Testing;

namespace QmpRedirector.Tests.Vm;

/// <summary>A QEMU that leaves query-status unanswered until told, and then answers with the state it has by then.</summary>
internal sealed class SlowVm(FakeQmpServer server) : IAsyncDisposable
{
    private readonly Channel<FakeCommand> _queries = Channel.CreateUnbounded<FakeCommand>();
    private readonly Signal _progress = new();
    private FakeQmpConnection? _client;
    private int _answered;
    private Task _reading = Task.CompletedTask;
    private Task _answering = Task.CompletedTask;

    public string State { get; private set; } = "running";

    /// <summary>Takes the first client and answers its first query.</summary>
    public async Task StartAsync()
    {
        await AcceptAsync();
        await AnswerAsync(await Bounded.WaitAsync(_queries.Reader.ReadAsync().AsTask(), "the first query-status"));
    }

    public async Task TakeAsync(Step step)
    {
        if (_client is null)
            await AcceptAsync();
        switch (step)
        {
            case Step.Stop:
                State = "paused";
                await EmitAsync("STOP");
                break;
            case Step.Resume:
                State = "running";
                await EmitAsync("RESUME");
                break;
            case Step.ResumeSuspended:
                State = "suspended";
                await EmitAsync("RESUME");
                break;
            case Step.Suspend:
                State = "suspended";
                await EmitAsync("SUSPEND");
                break;
            case Step.Wakeup:
                State = "running";
                await EmitAsync("WAKEUP");
                break;
            case Step.ChangeSilentlyAndReset:
                State = State == "running" ? "guest-panicked" : "running";
                await EmitAsync("RESET");
                break;
            case Step.Answer when _queries.Reader.TryRead(out var query):
                await AnswerAsync(query);
                break;
            case Step.LoseConnection:
                await LeaveAsync();
                break;
        }
    }

    /// <summary>From here on every query is answered as it comes.</summary>
    public async Task AnswerEverythingAsync()
    {
        if (_client is null)
            await AcceptAsync();
        _answering = Task.Run(async () =>
        {
            await foreach (var query in _queries.Reader.ReadAllAsync())
                await AnswerAsync(query);
        });
    }

    /// <summary>
    /// Until the follower has handled all that was sent before. An event makes it ask once more; of the queries that come then, one may
    /// have been in flight already and one waiting, so the third was sent after it.
    /// </summary>
    public async Task SettleAsync()
    {
        for (var round = 0; round < 3; round++)
        {
            var before = Volatile.Read(ref _answered);
            await EmitAsync("WATCHDOG");
            await _progress.WaitUntilAsync(() => Volatile.Read(ref _answered) > before, "another query-status");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await LeaveAsync();
        _queries.Writer.Complete();
        await Bounded.WaitAsync(_answering, "the last answer");
    }

    private async Task AcceptAsync()
    {
        var client = await server.AcceptNegotiatedAsync();
        _client = client;
        _reading = Task.Run(() => ReadAsync(client));
    }

    private async Task LeaveAsync()
    {
        if (_client is null)
            return;
        await _client.CloseAsync();
        await Bounded.WaitAsync(_reading, "the reader to end");
        _client = null;
        while (_queries.Reader.TryRead(out _))
        {
        }
    }

    private async Task ReadAsync(FakeQmpConnection client)
    {
        while (await client.ReceiveAsync() is { } command)
        {
            if (command.Name == "query-status")
                await _queries.Writer.WriteAsync(command);
            else
                await TrySendAsync(() => client.SendReturnAsync("[]", command));
        }
    }

    private Task EmitAsync(string name) => _client!.SendEventAsync(name);

    private async Task AnswerAsync(FakeCommand query)
    {
        await TrySendAsync(() => _client?.SendReturnAsync(ScriptedQemu.Status(State), query) ?? Task.CompletedTask);
        Interlocked.Increment(ref _answered);
        _progress.Pulse();
    }

    private static async Task TrySendAsync(Func<Task> send)
    {
        try
        {
            await send();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The client, or the test, left.
        }
    }
}
