using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using QmpRedirector.Net;

namespace QmpRedirector.Metrics;

/// <summary>
/// Answers GET and HEAD of /metrics, one request a connection. Everything about it is bounded: connections at once, bytes of a request,
/// time of an exchange. docs/ARCHITECTURE.md says why it is not Kestrel.
/// </summary>
internal sealed class MetricsServer : IDisposable
{
    private const int AtOnce = 4;
    private const int Waiting = 16;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly TimeSpan _exchange = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _snapshot = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _afterAcceptError = TimeSpan.FromMilliseconds(100);

    private readonly ChardevAddress _address;
    private readonly MetricsSource _source;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SocketChardev _listener;

    /// <param name="address">Where to listen.</param>
    /// <param name="source">Asked at each scrape.</param>
    /// <param name="time">The clock of the time limits.</param>
    /// <param name="logger">Event ids of <see cref="Log"/>.</param>
    public MetricsServer(ChardevAddress address, MetricsSource source, TimeProvider time, ILogger logger)
    {
        (_address, _source, _time, _logger) = (address, source, time, logger);
        _listener = new SocketChardev(new SocketChardevOptions("metrics", address, Server: true, null, OwnerOnly, Waiting), time);
    }

    /// <summary>Listens. A Unix socket is its owner's alone, and replaces a stale one.</summary>
    /// <exception cref="IOException">It cannot, or somebody answers there, who is not driven out as a chardev's would be.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (_address is ChardevAddress.Unix unix && await AnswersAsync(unix, cancellationToken))
            throw new IOException($"{unix} is in use: somebody answers there; end the other or choose another path");
        await _listener.OpenAsync(cancellationToken);
        Log.MetricsServed(_logger, _address.ToString());
    }

    /// <summary>Serves until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => ServeAsync(cancellationToken)));

    public void Dispose() => _listener.Dispose();

    private static async Task<bool> AnswersAsync(ChardevAddress.Unix unix, CancellationToken cancellationToken)
    {
        using var probe = new SocketChardev(new SocketChardevOptions("metrics", unix, Server: false, null), TimeProvider.System);
        try
        {
            await probe.OpenAsync(cancellationToken);
            return true;
        }
        catch (ChardevException)
        {
            return false;
        }
    }

    private async Task ServeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                using var client = (await _listener.NextPeerAsync(cancellationToken))!;
                using var limit = new CancellationTokenSource(_exchange, _time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
                await ServeAsync(client, either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                Log.ScrapeFailed(_logger, "the client took too long");
            }
            catch (SocketException e)
            {
                // The client is gone, or nobody can be accepted for now (EMFILE): not to be asked again at once.
                Log.ScrapeFailed(_logger, e.Message);
                await Task.Delay(_afterAcceptError, _time, cancellationToken);
            }
        }
    }

    private async Task ServeAsync(Socket client, CancellationToken cancellationToken)
    {
        var buffer = new byte[HttpRequest.MaxLength];
        var length = 0;
        int end;
        while ((end = HttpRequest.EndOf(buffer.AsSpan(0, length))) < 0 && length < buffer.Length)
        {
            var count = await client.ReceiveAsync(buffer.AsMemory(length), SocketFlags.None, cancellationToken);
            if (count == 0)
                return;
            length += count;
        }

        var request = end < 0 ? null : HttpRequest.Parse(buffer.AsSpan(0, end));
        var response = end < 0 ? HttpResponse.TooLong
            : request is null ? HttpResponse.BadRequest
            : await AnswerAsync(request, cancellationToken);
        var bytes = response.ToBytes(withBody: request?.Method != "HEAD");
        for (var sent = 0; sent < bytes.Length;)
            sent += await client.SendAsync(bytes.AsMemory(sent), SocketFlags.None, cancellationToken);

        // To close with something unread resets the connection, and the answer may go with it (RFC 9112, 9.6).
        client.Shutdown(SocketShutdown.Send);
        while (await client.ReceiveAsync(buffer, SocketFlags.None, cancellationToken) > 0)
        {
        }
    }

    private async Task<HttpResponse> AnswerAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.Path is not ("/metrics" or "/"))
            return HttpResponse.NotFound;
        if (request.Method is not ("GET" or "HEAD"))
            return HttpResponse.MethodNotAllowed;
        if (request.Path == "/")
            return HttpResponse.Hint;
        using var limit = new CancellationTokenSource(_snapshot, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return HttpResponse.Metrics(Metrics.Render(await _source.TakeAsync(either.Token)));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return HttpResponse.Unavailable;
        }
    }
}
