using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace QmpRedirector.Qmp;

/// <summary>
/// A QMP server: any number of clients, each greeted, negotiated with and answered as by QEMU's monitor. The commands of one client are
/// executed one at a time in order, those of different clients at the same time. A client that does not read harms no other.
/// </summary>
public sealed class QmpServer : IAsyncDisposable
{
    // Together 150 ms: a shutdown shall take less than 200.
    private static readonly TimeSpan TimeToFlush = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan TimeToAbort = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan AcceptRetry = TimeSpan.FromMilliseconds(100);

    private readonly QmpServerOptions _options;
    private readonly QmpCommandTable _added;
    private readonly ConcurrentDictionary<QmpServerClient, bool> _clients = new();
    private readonly CancellationTokenSource _disposing = new();

    // Events go to all clients in one order, and their timestamps in that order too.
    private readonly Lock _emitting = new();
    private QmpCommandTable? _commands;
    private Socket? _listener;
    private Task _running = Task.CompletedTask;
    private long _accepted;

    /// <summary>A server that does nothing before <see cref="Open"/>; until then commands may still be added to the table.</summary>
    public QmpServer(QmpServerOptions options, QmpCommandTable commands)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(commands);
        _options = options;
        _added = commands;
    }

    /// <summary>
    /// Binds and listens; clients that connect wait for <see cref="RunAsync"/>. A UNIX socket has mode 0600 from its first moment. A socket
    /// file nobody answers on is replaced; anything else that is in the way is left alone and refused.
    /// </summary>
    /// <exception cref="QmpServerException">It cannot listen there.</exception>
    /// <exception cref="ArgumentException">The table has a command the server has itself.</exception>
    public void Open()
    {
        var commands = new QmpCommandTable(_added);
        QmpBuiltInCommands.AddTo(commands, _options.Version);
        _commands = commands;
        _listener = QmpListener.Open(_options.Address, _options.Logger);
        QmpLog.Listening(_options.Logger, _options.Address);
    }

    /// <summary>
    /// Serves clients until cancelled. Then commands under way are cancelled and what was answered is sent; it ends within 200 ms, even
    /// if a client does not read or a handler does not heed its token.
    /// </summary>
    public Task RunAsync(CancellationToken cancellationToken)
    {
        var listener = _listener ?? throw new InvalidOperationException("The server is not open.");
        return _running = Task.Run(() => ServeAsync(listener, _commands!, cancellationToken), CancellationToken.None);
    }

    /// <summary>
    /// Sends an event to every client that has negotiated. Never waits, may be called on any thread, and orders: what one thread emits
    /// before it returns from a command handler comes before the command's reply.
    /// </summary>
    /// <param name="name">The event's name.</param>
    /// <param name="data">Its data, if it has any.</param>
    public void Emit(string name, JsonObject? data = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        lock (_emitting)
        {
            var line = QmpLine.Event(name, data, _options.TimeProvider.GetUtcNow());
            foreach (var (client, _) in _clients)
                client.Emit(line);
        }
        QmpLog.EventEmitted(_options.Logger, _options.Address, name);
    }

    /// <summary>Ends <see cref="RunAsync"/>, closes the listener and removes its socket file.</summary>
    public async ValueTask DisposeAsync()
    {
        await _disposing.CancelAsync();
        await _running;
        // .NET unlinks the path it has bound.
        _listener?.Dispose();
    }

    private async Task ServeAsync(Socket listener, QmpCommandTable commands, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposing.Token);
        try
        {
            while (await AcceptAsync(listener, ending.Token) is { } socket)
                Admit(socket, commands);
        }
        finally
        {
            await EndClientsAsync();
        }
    }

    // Null when the server ends.
    private async Task<Socket?> AcceptAsync(Socket listener, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                return await listener.AcceptAsync(ct);
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (SocketException e)
            {
                // Out of descriptors or memory: what is there is served on, and the next client when there is room.
                QmpLog.AcceptFailed(_options.Logger, _options.Address, AcceptRetry, e);
                await Task.Delay(AcceptRetry, _options.TimeProvider, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        return null;
    }

    private void Admit(Socket socket, QmpCommandTable commands)
    {
        if (_clients.Count >= _options.MaxClients)
        {
            Refuse(socket);
            return;
        }
        if (socket.AddressFamily != AddressFamily.Unix)
            socket.NoDelay = true;
        var client = new QmpServerClient(socket, $"client {++_accepted}", commands, _options);
        _clients[client] = true;
        client.Start(c => _clients.TryRemove(c, out _));
    }

    private void Refuse(Socket socket)
    {
        QmpLog.ClientRefused(_options.Logger, _options.Address, _options.MaxClients);
        using (socket)
        {
            try
            {
                // A new socket takes a line at once.
                var error = new QmpServerError(
                    $"This server serves {_options.MaxClients} clients at a time and has as many; try again later");
                socket.Send(QmpLine.Error(error, null));
            }
            catch (SocketException)
            {
                // It has gone already.
            }
        }
    }

    private async Task EndClientsAsync()
    {
        await ForEachClientAsync(c => c.StopAsync(), TimeToFlush);
        await ForEachClientAsync(c => c.AbortAsync(), TimeToAbort);
        if (!_clients.IsEmpty)
            QmpLog.StillRunning(_options.Logger, _options.Address, _clients.Count, string.Join(", ", _clients.Keys.Select(c => c.Name)));
    }

    // Not longer than the limit, whatever runs in handlers and in what they have registered with their tokens.
    private async Task ForEachClientAsync(Func<QmpServerClient, Task> end, TimeSpan limit)
    {
        var clients = _clients.Keys;
        try
        {
            await Task.WhenAll([.. clients.Select(end), .. clients.Select(c => c.Running)]).WaitAsync(limit, _options.TimeProvider);
        }
        catch (TimeoutException)
        {
            // What is left is the next step's or the log's.
        }
    }
}
