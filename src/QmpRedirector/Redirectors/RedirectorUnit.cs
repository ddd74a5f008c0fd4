using Microsoft.Extensions.Logging;
using QmpRedirector.Net;

namespace QmpRedirector.Redirectors;

/// <summary>A redirector and what runs for it: its chardev's connections and the following of its netdev.</summary>
/// <param name="redirector">Owned.</param>
/// <param name="netdev">Owned.</param>
/// <param name="outdev">The chardev it uses, which outlives it.</param>
/// <param name="logger">Event ids of <see cref="Log"/>.</param>
internal sealed class RedirectorUnit(Redirector redirector, NetdevFollower netdev, OpenChardev outdev, ILogger logger) : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _connections = Task.CompletedTask;
    private Task _following = Task.CompletedTask;
    private Task _watching = Task.CompletedTask;

    public Redirector Redirector { get; } = redirector;

    public NetdevFollower Netdev { get; } = netdev;

    public OpenChardev Outdev { get; } = outdev;

    /// <summary>Completes when the TAP is bound and the chardev open, or when it was stopped before.</summary>
    public Task Ready => Task.WhenAny(Task.WhenAll(Redirector.Bound, Redirector.ChardevOpen), _stopped.Task);

    /// <summary>Starts to serve the chardev and to look for the TAP.</summary>
    /// <param name="onFailure">Told once when the netdev is refused at first contact, or a thread fails.</param>
    public void Start(Action<Exception> onFailure)
    {
        _connections = Redirector.RunChardevAsync(_ending.Token);
        _following = Netdev.RunAsync(_ending.Token);
        _watching = WatchAsync(onFailure);
    }

    /// <summary>Ends it and gives its final account. May be called once more than needed.</summary>
    public async Task<ForwarderSnapshot> StopAsync()
    {
        await _ending.CancelAsync();
        var account = await Redirector.StopAsync();
        await _connections.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _watching;
        _stopped.TrySetResult();
        if (account.IdentitiesBroken > 0)
            Log.IdentitiesBroken(logger, Redirector.Id, account.IdentitiesBroken);
        return account;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Redirector.DisposeAsync();
        Netdev.Dispose();
        _ending.Dispose();
    }

    private async Task WatchAsync(Action<Exception> onFailure)
    {
        try
        {
            await Task.WhenAny(_following, Redirector.Completion, FailureOfConnectionsAsync()).Unwrap();
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            onFailure(e);
        }
    }

    // A chardev that has had its last peer ends well: the redirector goes on, dropping what it captures.
    private async Task FailureOfConnectionsAsync()
    {
        await _connections;
        await Task.Delay(Timeout.Infinite, _ending.Token);
    }
}
