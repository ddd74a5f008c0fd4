using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using QmpRedirector.Qmp.Wire;

namespace QmpRedirector.Qmp;

/// <summary>
/// One connection to a QMP server. It connects once; <see cref="QmpConnector"/> makes a new client for every attempt. All members may
/// be called from any thread. Two tasks of its own read and write the socket: neither ever waits for a listener or a caller.
/// </summary>
public sealed partial class QmpClient : IAsyncDisposable
{
    private readonly QmpClientOptions _options;
    private readonly ILogger _log;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly QmpPendingCommands _pending = new();
    private readonly TaskCompletionSource<QmpDisconnect> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Replaced as a whole under _lock, so that the read loop can walk it without.
    private volatile QmpEventListener[] _listeners = [];
    private QmpClientState _state;
    private volatile QmpDisconnect? _disconnect;
    private Socket? _socket;
    private Task _receiving = Task.CompletedTask;
    private Task _sending = Task.CompletedTask;
    private QmpGreeting? _greeting;

    /// <summary>Makes a client that is not connected yet.</summary>
    public QmpClient(QmpClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxMessageBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxMessageBytes, 1 << 30);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.EventQueueCapacity, 1);
        _options = options;
        _log = options.Logger;
    }

    /// <summary>The server's greeting.</summary>
    /// <exception cref="InvalidOperationException">No greeting has come: <see cref="ConnectAsync"/> has not succeeded.</exception>
    public QmpGreeting Greeting => _greeting
        ?? throw new InvalidOperationException("The QMP client has not been greeted: await ConnectAsync first.");

    /// <summary>Completes, and never fails, when the connection has ended, with the first reason there was.</summary>
    public Task<QmpDisconnect> Closed => _closed.Task;

    /// <summary>
    /// Starts a queue of the events named, or of all. Call it before <see cref="ConnectAsync"/> to miss none: events may come before
    /// the reply to the first command, from some servers even before the greeting.
    /// </summary>
    public QmpEventListener Listen(params string[] names)
    {
        ArgumentNullException.ThrowIfNull(names);
        var listener = new QmpEventListener(names, _options.EventQueueCapacity, Forget);
        lock (_lock)
        {
            if (_state == QmpClientState.Closed)
                listener.Complete();
            else
                _listeners = [.. _listeners, listener];
        }
        return listener;
    }

    /// <summary>Closes the connection; commands without a reply fail with <see cref="QmpDisconnectedException"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        Shutdown(QmpDisconnectReason.Disposed);
        await Task.WhenAll(_receiving, _sending);
        _closing.Dispose();
    }

    private void Forget(QmpEventListener listener)
    {
        lock (_lock)
            _listeners = [.. _listeners.Where(l => l != listener)];
    }

    /// <summary>The only place that ends the connection. The first reason wins.</summary>
    private void Shutdown(QmpDisconnectReason reason, Exception? exception = null)
    {
        QmpDisconnect disconnect;
        QmpEventListener[] listeners;
        lock (_lock)
        {
            if (_state == QmpClientState.Closed)
                return;
            _state = QmpClientState.Closed;
            disconnect = _disconnect = new QmpDisconnect(reason, exception);
            listeners = _listeners;
            _listeners = [];
        }

        _closing.Cancel();
        _socket?.Dispose();
        _greeted.TrySetResult(null);
        foreach (var pending in _pending.Close())
            pending.Fail(new QmpDisconnectedException($"QMP command '{pending.Command}' has no reply: {Describe(disconnect)}", disconnect));
        foreach (var listener in listeners)
            listener.Complete();
        LogEnd(disconnect);
        _closed.TrySetResult(disconnect);
    }

    private void LogEnd(QmpDisconnect disconnect)
    {
        if (disconnect.Reason == QmpDisconnectReason.ProtocolError)
            QmpLog.ProtocolBroken(_log, _options.Address, disconnect.Exception!.Message);
        else if (disconnect.Reason == QmpDisconnectReason.Unexpected)
            QmpLog.Failed(_log, _options.Address, disconnect.Exception!);
        else
            QmpLog.Disconnected(_log, _options.Address, disconnect.Reason, disconnect.Exception?.Message ?? "no error");
    }

    private string Describe(QmpDisconnect disconnect) => disconnect.Reason switch
    {
        QmpDisconnectReason.Disposed => $"the client of {_options.Address} was disposed.",
        QmpDisconnectReason.PeerClosed => $"{_options.Address} closed the connection.",
        QmpDisconnectReason.ConnectionReset => $"the connection to {_options.Address} was reset.",
        QmpDisconnectReason.ConnectFailed => $"no connection to {_options.Address} could be made.",
        _ => $"the connection to {_options.Address} failed: {disconnect.Exception?.Message}",
    };
}
