using System.Text.Json.Nodes;
using QmpRedirector.Testing;

namespace QmpRedirector.Qmp.Tests;

/// <summary>A running server in a directory of its own.</summary>
internal sealed class ServerUnderTest : IAsyncDisposable
{
    private readonly TempDirectory? _directory;
    private readonly CancellationTokenSource _ending = new();
    private Task _running = Task.CompletedTask;

    private ServerUnderTest(QmpServer server, QmpServerOptions options, TempDirectory? directory)
    {
        Server = server;
        Options = options;
        _directory = directory;
    }

    public QmpServer Server { get; }

    public QmpServerOptions Options { get; }

    public QmpAddress Address => Options.Address;

    /// <summary>Makes a server with the commands of the test, opens and runs it.</summary>
    public static ServerUnderTest Start(
        Action<QmpCommandTable>? fill = null, Func<QmpServerOptions, QmpServerOptions>? change = null, string? address = null)
    {
        var directory = address is null ? new TempDirectory() : null;
        var options = new QmpServerOptions
        {
            Address = Clients.Parse(address ?? directory!.File("s.sock")),
            Version = new QmpVersion(1, 2, 3, "test"),
        };
        options = change?.Invoke(options) ?? options;
        var table = new QmpCommandTable();
        fill?.Invoke(table);
        var server = new ServerUnderTest(new QmpServer(options, table), options, directory);
        server.Server.Open();
        server._running = server.Server.RunAsync(server._ending.Token);
        return server;
    }

    /// <summary>A handler that returns what it was given.</summary>
    public static ValueTask<JsonNode?> Echo(QmpArguments arguments, CancellationToken ct) =>
        ValueTask.FromResult<JsonNode?>(arguments.GetRest());

    /// <summary>Connects, greeted and negotiated.</summary>
    public Task<RawClient> ConnectAsync(bool outOfBand = false) => RawClient.NegotiateAsync(Address, outOfBand);

    public async Task EndAsync()
    {
        await _ending.CancelAsync();
        await Bounded.WaitAsync(_running, "the server to end");
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        await Bounded.WaitAsync(Server.DisposeAsync().AsTask(), "the server to be disposed");
        _ending.Dispose();
        _directory?.Dispose();
    }
}
