using System.Text.Json.Nodes;

namespace QmpRedirector.Qmp;

/// <summary>A QMP server: any number of clients, each greeted, negotiated with and answered as QEMU's monitor does.</summary>
public sealed class QmpServer : IAsyncDisposable
{
    private readonly QmpServerOptions _options;
    private readonly QmpCommandTable _commands;

    /// <summary>A server that does nothing before <see cref="Open"/>.</summary>
    public QmpServer(QmpServerOptions options, QmpCommandTable commands)
    {
        _options = options;
        _commands = commands;
    }

    /// <summary>Binds and listens; clients wait until <see cref="RunAsync"/>.</summary>
    /// <exception cref="QmpServerException">It cannot listen there.</exception>
    public void Open() => throw new QmpServerException($"{_options.Address} {_commands.Commands.Count}");

    /// <summary>Serves clients until cancelled, then ends within 200 ms.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.Delay(Timeout.InfiniteTimeSpan, _options.TimeProvider, cancellationToken);

    /// <summary>Sends an event to every client that has negotiated. Never waits; safe on any thread.</summary>
    public void Emit(string name, JsonObject? data = null) => _ = _options;

    /// <summary>Closes the listener and removes its socket file.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
