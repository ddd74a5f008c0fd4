using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using QmpRedirector.Qmp.Wire;

namespace QmpRedirector.Qmp;

/// <summary>
/// One client of a server. Three loops share it: one reads requests and executes those out of band, one executes the others one at a
/// time, one sends. The connection ends with the last one: after the client has stopped sending, all that it asked for is still answered.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Tokens without timer and link; to dispose them would race with Stop and Abort.")]
internal sealed class QmpServerClient
{
    // What QEMU lets a client have in flight (monitor/monitor-internal.h: QMP_REQ_QUEUE_LEN_MAX).
    private const int MaxQueuedRequests = 8;
    private const int ReceiveBytes = 16 * 1024;

    private readonly Socket _socket;
    private readonly ILogger _log;
    private readonly QmpVersion _version;
    private readonly QmpSession _session;
    private readonly QmpRequestReader _reader;
    private readonly QmpOutputQueue _output;
    private readonly Channel<QmpInput> _requests = Channel.CreateBounded<QmpInput>(
        new BoundedChannelOptions(MaxQueuedRequests) { SingleReader = true, SingleWriter = true });

    private readonly CancellationTokenSource _ending = new();
    private readonly CancellationTokenSource _aborted = new();
    private volatile bool _wantsEvents;
    private volatile bool _dropped;

    public QmpServerClient(Socket socket, string name, QmpCommandTable commands, QmpServerOptions options)
    {
        Name = name;
        _socket = socket;
        _log = options.Logger;
        _version = options.Version;
        _session = new QmpSession(name, commands, _log);
        _reader = new QmpRequestReader(options.MaxRequestBytes);
        _output = new QmpOutputQueue(options.ClientQueueBytes);
    }

    /// <summary>For the log.</summary>
    public string Name { get; }

    /// <summary>Completes when the client is served no more.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    /// <summary>Serves the client until it has gone or the server ends.</summary>
    /// <param name="ended">Called at the end.</param>
    public void Start(Action<QmpServerClient> ended) => Running = Task.Run(() => RunAsync(ended));

    /// <summary>Queues an event. Never waits.</summary>
    public void Emit(byte[] line)
    {
        if (!_wantsEvents || _dropped || _output.TryPostEvent(line))
            return;
        _dropped = true;
        QmpLog.ClientDoesNotRead(_log, Name);
        try
        {
            // Makes the pending send fail, on another thread. A cancellation would run handlers' code on this one.
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It has gone already.
        }
    }

    /// <summary>Reads and starts nothing more; what is under way is cancelled, answered and sent.</summary>
    public Task StopAsync() => _ending.CancelAsync();

    /// <summary>Ends the connection at once.</summary>
    public Task AbortAsync() => _aborted.CancelAsync();

    private async Task RunAsync(Action<QmpServerClient> ended)
    {
        QmpLog.ClientConnected(_log, Name);
        _output.PostReply(QmpLine.Greeting(_version));
        try
        {
            await Task.WhenAll(ReadAsync(), ExecuteAsync(), SendAsync());
        }
        catch (Exception e)
        {
            QmpLog.ClientFailed(_log, Name, e);
        }
        QmpLog.ClientLeft(_log, Name);
        ended(this);
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[ReceiveBytes];
        try
        {
            while (await _socket.ReceiveAsync(buffer, _ending.Token) is > 0 and var count)
            {
                ReadOnlyMemory<byte> rest = buffer.AsMemory(0, count);
                while (_reader.TryTake(ref rest, out var input))
                {
                    if (_session.IsOutOfBand(input))
                        await AnswerAsync(input);
                    else
                        await _requests.Writer.WriteAsync(input, _ending.Token);
                }
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            _ending.Cancel();
        }
        finally
        {
            _requests.Writer.TryComplete();
        }
    }

    private async Task ExecuteAsync()
    {
        try
        {
            await foreach (var input in _requests.Reader.ReadAllAsync(_ending.Token))
            {
                // The reader looks at the token only when it has nothing queued.
                _ending.Token.ThrowIfCancellationRequested();
                await AnswerAsync(input);
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            // The requests still queued are nobody's any more.
        }
        finally
        {
            _output.Complete();
        }
    }

    private async Task AnswerAsync(QmpInput input)
    {
        await _output.WaitForRoomAsync(_ending.Token);
        _output.PostReply(await _session.AnswerAsync(input, _ending.Token));
        // Only now: an event must not come before the reply that ends the negotiation.
        _wantsEvents = _session.Negotiated;
    }

    private async Task SendAsync()
    {
        try
        {
            while (await _output.TakeAsync(_aborted.Token) is { } line)
            {
                for (var sent = 0; sent < line.Length;)
                    sent += await _socket.SendAsync(line.AsMemory(sent), _aborted.Token);
                _output.Sent(line);
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            // Nobody reads any more.
        }
        finally
        {
            _ending.Cancel();
            _socket.Dispose();
        }
    }

    private bool IsEnd(Exception e) => e is SocketException { SocketErrorCode: var code } && QmpSocket.IsPeerGone(code)
        || (_ending.IsCancellationRequested && e is OperationCanceledException or SocketException or ObjectDisposedException)
        || (_aborted.IsCancellationRequested && e is OperationCanceledException);
}
