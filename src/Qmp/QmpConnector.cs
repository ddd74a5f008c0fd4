using Polly;
using Polly.Retry;

namespace QmpRedirector.Qmp;

/// <summary>
/// Makes connected clients, trying again for as long as the server is absent or does not speak QMP: after 50 ms, then exponentially
/// longer up to 2 s, with jitter so that the sidecars of a host do not knock in step.
/// </summary>
public sealed class QmpConnector
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(2);

    private readonly QmpClientOptions _options;
    private readonly ResiliencePipeline<QmpClient> _pipeline;
    private int _fdTaken;

    /// <param name="options">The options of every client.</param>
    /// <param name="onRetry">Called after each failed attempt that will be repeated, with its number from 1.</param>
    public QmpConnector(QmpClientOptions options, Action<Exception, int>? onRetry = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _pipeline = new ResiliencePipelineBuilder<QmpClient> { TimeProvider = options.TimeProvider }
            .AddRetry(new RetryStrategyOptions<QmpClient>
            {
                // An inherited descriptor is gone after its first connection: there is nothing to try again.
                ShouldHandle = args => ValueTask.FromResult(options.Address.Kind != QmpAddressKind.Fd
                    && args.Outcome.Exception is QmpConnectException or QmpProtocolException),
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = FirstDelay,
                MaxDelay = MaxDelay,
                OnRetry = args =>
                {
                    var attempt = args.AttemptNumber + 1;
                    QmpLog.Retrying(options.Logger, options.Address, attempt, args.RetryDelay, args.Outcome.Exception!.Message);
                    onRetry?.Invoke(args.Outcome.Exception!, attempt);
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
    }

    /// <summary>
    /// Connects. May be called again after the client's <see cref="QmpClient.Closed"/>, except for an fd: address.
    /// </summary>
    /// <param name="prepare">Called with each fresh client before it connects, to <see cref="QmpClient.Listen"/>.</param>
    /// <param name="cancellationToken">Ends the attempts.</param>
    /// <exception cref="QmpException">Only for an fd: address, which has one attempt.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task<QmpClient> ConnectAsync(Action<QmpClient>? prepare, CancellationToken cancellationToken)
    {
        // The number may by now be another file of this process.
        if (_options.Address.Kind == QmpAddressKind.Fd && Interlocked.Exchange(ref _fdTaken, 1) != 0)
        {
            throw new QmpConnectException(
                QmpConnectFailure.Other, $"The QMP connection {_options.Address} has ended: an inherited one cannot be made again.");
        }
        return await _pipeline.ExecuteAsync(async ct => await AttemptAsync(prepare, ct), cancellationToken);
    }

    private async ValueTask<QmpClient> AttemptAsync(Action<QmpClient>? prepare, CancellationToken cancellationToken)
    {
        var client = new QmpClient(_options);
        try
        {
            prepare?.Invoke(client);
            await client.ConnectAsync(cancellationToken);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }
}
