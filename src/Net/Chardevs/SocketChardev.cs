using System.Net.Sockets;

namespace QmpRedirector.Net;

/// <summary>
/// QEMU's socket chardev as far as a redirector needs it: listens and serves one peer at a time, or connects and, with
/// <c>reconnect</c>, connects again. Whoever sends over the connection is given each peer in turn.
/// </summary>
public sealed class SocketChardev : IDisposable
{
    /// <summary>How long after an accept(2) that failed the next one is tried.</summary>
    private static readonly TimeSpan _acceptAgain = TimeSpan.FromSeconds(1);

    /// <summary>How long a closing connection waits for its peer to read the end of the stream.</summary>
    private static readonly TimeSpan _closing = TimeSpan.FromMilliseconds(200);

    private readonly SocketChardevOptions _options;
    private readonly TimeProvider _time;
    private Socket? _listener;
    private Socket? _first;
    private bool _used;

    /// <summary>Makes the chardev; <see cref="OpenAsync"/> opens it.</summary>
    public SocketChardev(SocketChardevOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _time = time;
    }

    /// <summary>Told of each change of the connection. Must not throw or wait.</summary>
    public Action<ChardevEvent>? OnEvent { get; set; }

    /// <summary>A peer is connected.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>Its only connection has been handed out, and it makes no other.</summary>
    public bool IsSpent => !_options.Server && _options.Reconnect is null && Volatile.Read(ref _first) is null;

    /// <summary>As <c>query-chardev</c> shows it.</summary>
    public string Filename => (IsConnected ? "" : "disconnected:") + _options.Address + (_options.Server ? ",server=on" : "");

    /// <summary>
    /// Does what QEMU does before it starts: a server listens; a client without <c>reconnect</c> connects.
    /// </summary>
    /// <exception cref="ChardevException">It cannot.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (_options.Server)
            _listener = await ChardevSockets.ListenAsync(_options, cancellationToken);
        else if (_options.Reconnect is null)
            _first = await ChardevSockets.ConnectAsync(_options, cancellationToken);
    }

    /// <summary>
    /// The next peer: accepts one, or connects, as often as it takes with <c>reconnect</c>. Null when there will be no other. The caller
    /// disposes of the socket before it asks for another.
    /// </summary>
    public async Task<Socket?> NextPeerAsync(CancellationToken cancellationToken)
    {
        if (_listener is not null)
            return await AcceptAsync(_listener, cancellationToken);
        if (Interlocked.Exchange(ref _first, null) is { } first)
            return first;
        if (_options.Reconnect is not { } interval)
            return null;
        for (var again = _used; ; again = true)
        {
            _used = true;
            if (again)
                await Task.Delay(interval, _time, cancellationToken);
            try
            {
                return await ChardevSockets.ConnectAsync(_options, cancellationToken);
            }
            catch (ChardevException problem)
            {
                OnEvent?.Invoke(new ChardevEvent.Refused(problem.Message));
            }
        }
    }

    /// <summary>Hands each peer to <paramref name="serve"/>, until cancelled or until there is none to come.</summary>
    /// <param name="serve">Uses the connection until it ends; the socket stays the chardev's.</param>
    /// <param name="cancellationToken">Ends the waiting for peers. It does not end <paramref name="serve"/>, whose owner does.</param>
    public async Task RunAsync(Func<Socket, Task<PeerLoss>> serve, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(serve);
        try
        {
            while (await NextPeerAsync(cancellationToken) is { } peer)
            {
                using (peer)
                {
                    // Who hears that a peer is there may let frames come at once: by then they must have somewhere to go.
                    IsConnected = true;
                    var serving = serve(peer);
                    OnEvent?.Invoke(new ChardevEvent.Connected());
                    var loss = await serving;
                    IsConnected = false;
                    OnEvent?.Invoke(new ChardevEvent.Disconnected(loss, Final: !_options.Server && _options.Reconnect is null));
                    if (loss == PeerLoss.Stopped)
                        await CloseAsync(peer, _closing, _time, CancellationToken.None);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>
    /// Ends our side of the stream and waits for the peer to end its own. QEMU 7.2 can throw away bytes that were written just before a
    /// close (chardev/char-socket.c, update_ioc_handlers: the hang-up watch has the same priority as the read watch).
    /// </summary>
    /// <param name="peer">The connection; its owner disposes of it.</param>
    /// <param name="patience">How long to wait.</param>
    /// <param name="time">Its clock.</param>
    /// <param name="cancellationToken">Ends the waiting too.</param>
    /// <returns>False when the peer threw away what it had not read, or was gone.</returns>
    public static async Task<bool> CloseAsync(Socket peer, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(peer);
        try
        {
            peer.Shutdown(SocketShutdown.Send);
            using var deadline = new CancellationTokenSource(patience, time);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            var scratch = new byte[4096];
            while (await peer.ReceiveAsync(scratch, SocketFlags.None, end.Token) > 0)
            {
            }

            return true;
        }
        catch (SocketException)
        {
            return false;
        }
        catch (OperationCanceledException)
        {
            // It does not close: nothing more is owed to it.
            return true;
        }
    }

    /// <inheritdoc />
    // A Unix listener's file goes with it: .NET unlinks what it bound.
    public void Dispose()
    {
        _listener?.Dispose();
        _first?.Dispose();
    }

    // accept(2) fails for want of descriptors or memory, or for an error of the one connection; the listener stays good for the next.
    private async Task<Socket> AcceptAsync(Socket listener, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return ChardevSockets.Prepare(await listener.AcceptAsync(cancellationToken));
            }
            catch (SocketException e)
            {
                OnEvent?.Invoke(new ChardevEvent.NotAccepted($"Failed to accept a connection: {ChardevSockets.Reason(e)}"));
            }

            await Task.Delay(_acceptAgain, _time, cancellationToken);
        }
    }
}
