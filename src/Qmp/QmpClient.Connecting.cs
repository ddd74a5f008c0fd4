using System.Globalization;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using QmpRedirector.Qmp.Wire;

namespace QmpRedirector.Qmp;

public sealed partial class QmpClient
{
    // Null when the connection ended first.
    private readonly TaskCompletionSource<QmpGreeting?> _greeted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Connects, takes the greeting and negotiates, enabling "oob" if offered. When it fails the client is closed.</summary>
    /// <exception cref="QmpConnectException">There is no connection, no greeting, or the negotiation failed.</exception>
    /// <exception cref="QmpProtocolException">The peer does not speak QMP.</exception>
    /// <exception cref="InvalidOperationException">It was called before.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed, before or meanwhile.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task ConnectAsync(CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disconnect?.Reason == QmpDisconnectReason.Disposed, this);
            if (_state != QmpClientState.Idle)
                throw new InvalidOperationException("A QMP client connects once: make a new one.");
            _state = QmpClientState.Connecting;
        }
        QmpLog.Connecting(_log, _options.Address);
        try
        {
            Start(await OpenAsync(cancellationToken));
            _greeting = await WaitForGreetingAsync(cancellationToken);
            await NegotiateAsync(_greeting, cancellationToken);
            lock (_lock)
            {
                if (_state == QmpClientState.Closed)
                    throw Disconnected("qmp_capabilities");
                _state = QmpClientState.Running;
            }
        }
        catch (Exception e)
        {
            Shutdown(QmpDisconnectReason.ConnectFailed, e);
            await Task.WhenAll(_receiving, _sending);
            if (Translate(e) is { } translated)
                throw translated;
            throw;
        }
        QmpLog.Connected(
            _log, _options.Address, Greeting.Major, Greeting.Minor, Greeting.Micro, Greeting.Package, Greeting.OutOfBand);
    }

    private async Task<Socket> OpenAsync(CancellationToken ct)
    {
        using var abort = CancellationTokenSource.CreateLinkedTokenSource(ct, _closing.Token);
        return await QmpSocket.ConnectAsync(_options.Address, _options.ConnectTimeout, _options.TimeProvider, abort.Token);
    }

    private void Start(Socket socket)
    {
        lock (_lock)
        {
            if (_state != QmpClientState.Closed)
            {
                _socket = socket;
                _receiving = Task.Run(() => ReceiveAsync(socket));
                _sending = Task.Run(() => SendAsync(socket));
                return;
            }
        }
        socket.Dispose();
        throw new ObjectDisposedException(nameof(QmpClient));
    }

    private async Task<QmpGreeting> WaitForGreetingAsync(CancellationToken ct)
    {
        try
        {
            return await _greeted.Task.WaitAsync(_options.GreetingTimeout, _options.TimeProvider, ct) ?? throw Disconnected("greeting");
        }
        catch (TimeoutException e)
        {
            var seconds = _options.GreetingTimeout.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
            throw QmpSocket.NoGreeting(_options.Address, $"accepted the connection but sent no greeting within {seconds} s", e);
        }
    }

    private async Task NegotiateAsync(QmpGreeting greeting, CancellationToken ct)
    {
        var enable = greeting.OutOfBand ? new JsonObject { ["enable"] = new JsonArray("oob") } : null;
        await SendCommandAsync("qmp_capabilities", enable, outOfBand: false, ct);
    }

    // What a caller of ConnectAsync has to tell apart is less than what can happen on the way.
    private Exception? Translate(Exception e) => e switch
    {
        OperationCanceledException or QmpDisconnectedException when _disconnect?.Reason == QmpDisconnectReason.Disposed =>
            new ObjectDisposedException(nameof(QmpClient)),
        QmpDisconnectedException { Disconnect: { Reason: QmpDisconnectReason.ProtocolError, Exception: { } broken } } =>
            new QmpProtocolException(broken.Message, broken),
        QmpDisconnectedException when _greeting is null => new QmpConnectException(
            QmpConnectFailure.Other, $"{_options.Address} closed the connection before its QMP greeting: QEMU is probably ending.", e),
        QmpDisconnectedException => new QmpConnectException(
            QmpConnectFailure.Other, $"{_options.Address} closed the connection during the negotiation: QEMU is probably ending.", e),
        QmpTimeoutException => new QmpConnectException(
            QmpConnectFailure.Timeout, $"{_options.Address} greeted but did not answer qmp_capabilities in time.", e),
        QmpCommandException refused => new QmpConnectException(
            QmpConnectFailure.Other, $"{_options.Address} refused the QMP negotiation: {refused.Description}", e),
        _ => null,
    };
}
