using QmpRedirector.CommandLine;
using QmpRedirector.Redirectors;
using QmpRedirector.Vm;

namespace QmpRedirector.Metrics;

/// <summary>
/// Gathers a <see cref="MetricsSnapshot"/>. Data threads are asked for their accounts between two batches, one scrape at a time.
/// </summary>
/// <param name="vm">Tells the VM's state.</param>
/// <param name="table">The redirectors there are, whenever it is asked.</param>
internal sealed class MetricsSource(VmFollower vm, RedirectorTable table) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);
    private bool _wasConnected;
    private long _connections;

    /// <summary>The VM has changed: counts the connections to QMP. Called from one thread at a time.</summary>
    public void OnVm(VmSnapshot snapshot)
    {
        var isConnected = snapshot.Phase == VmPhase.Following;
        if (isConnected && !_wasConnected)
            Interlocked.Increment(ref _connections);
        _wasConnected = isConnected;
    }

    public async Task<MetricsSnapshot> TakeAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            var current = vm.Current;
            return new MetricsSnapshot
            {
                Version = Cli.Version,
                QmpConnected = current.Phase == VmPhase.Following,
                QmpReconnects = Math.Max(0, Interlocked.Read(ref _connections) - 1),
                VmRunning = current.Running && current.Phase is VmPhase.Following or VmPhase.Lost,
                Redirectors = await Task.WhenAll(table.Redirectors.Select(TakeAsync)).WaitAsync(cancellationToken),
            };
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private static async Task<RedirectorMetrics> TakeAsync(Redirector redirector) => new()
    {
        Id = redirector.Id,
        Netdev = redirector.Options.Netdev,
        State = redirector.State,
        Account = await redirector.SnapshotAsync(),
        ArmLag = redirector.ArmLag,
        DisarmLag = redirector.DisarmLag,
        Recording = redirector.Recorder is { } recorder ? (recorder.Recorded, recorder.Lost) : null,
    };
}
