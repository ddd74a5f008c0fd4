using Microsoft.Extensions.Logging.Abstractions;
using QmpRedirector.Qmp;
using QmpRedirector.Testing;
using QmpRedirector.Vm;

namespace QmpRedirector.Tests.Vm;

/// <summary>A <see cref="VmFollower"/> that runs, with all it has reported.</summary>
internal sealed class FollowerHarness : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Signal _changed = new();
    private readonly Lock _lock = new();
    private readonly List<VmSnapshot> _snapshots = [];
    private readonly List<NicChange> _nicChanges = [];

    public FollowerHarness(VmFollowerOptions options, Action<VmSnapshot>? onChange = null, TimeProvider? time = null)
    {
        Follower = new VmFollower(
            options,
            snapshot =>
            {
                lock (_lock)
                    _snapshots.Add(snapshot);
                _changed.Pulse();
                onChange?.Invoke(snapshot);
            },
            change =>
            {
                lock (_lock)
                    _nicChanges.Add(change);
                _changed.Pulse();
            },
            time ?? TimeProvider.System,
            NullLogger.Instance);
        Running = Task.Run(() => Follower.RunAsync(_stop.Token));
    }

    public VmFollower Follower { get; }

    public Task Running { get; }

    public VmSnapshot[] Snapshots
    {
        get
        {
            lock (_lock)
                return [.. _snapshots];
        }
    }

    public NicChange[] NicChanges
    {
        get
        {
            lock (_lock)
                return [.. _nicChanges];
        }
    }

    public static VmFollowerOptions Options(QmpAddress address) => new()
    {
        Qmp = new QmpClientOptions { Address = address, CommandTimeout = TimeSpan.FromSeconds(5) },
        RxFilterInterval = TimeSpan.Zero,
        RetryInterval = TimeSpan.Zero,
    };

    /// <summary>Until a snapshot has been reported, in the past or yet to come, that satisfies this.</summary>
    public async Task<VmSnapshot> WaitForAsync(Func<VmSnapshot, bool> condition, string awaited)
    {
        await _changed.WaitUntilAsync(() => Snapshots.Any(condition), awaited);
        return Snapshots.First(condition);
    }

    /// <summary>Until the last snapshot reported satisfies this.</summary>
    public async Task<VmSnapshot> WaitForLastAsync(Func<VmSnapshot, bool> condition, string awaited)
    {
        await _changed.WaitUntilAsync(() => Snapshots is [.., var last] && condition(last), awaited);
        return Follower.Current;
    }

    public Task WaitForNicChangesAsync(int count) =>
        _changed.WaitUntilAsync(() => NicChanges.Length >= count, $"{count} NIC changes");

    /// <summary>Cancels the follower and waits for its end.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await Bounded.WaitAsync(Running, "the follower to end");
        }
        catch (Exception e) when (e is OperationCanceledException or VmUnavailableException)
        {
            // Ended as told, or as the test expected.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Follower.DisposeAsync();
        _stop.Dispose();
    }
}
