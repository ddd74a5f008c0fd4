using System.Globalization;
using Microsoft.Extensions.Logging;
using QmpRedirector.Qmp;

namespace QmpRedirector.Vm;

/// <summary>
/// Follows one VM for the life of this process: through run states, lost QMP connections and one QEMU process after another. It
/// reports through two callbacks, one call at a time and in order; the next event waits for them, so they must be quick.
/// What they throw ends <see cref="RunAsync"/>.
/// </summary>
/// <param name="options">Where the VM is and how it is watched.</param>
/// <param name="onChange">Called with every change; the snapshot is also <see cref="Current"/> by then.</param>
/// <param name="onNicChange">Called when the netdevs should be resolved again.</param>
/// <param name="time">The clock; its UTC must be CLOCK_REALTIME.</param>
/// <param name="logger">Event ids 2100 to 2199.</param>
internal sealed partial class VmFollower(
    VmFollowerOptions options, Action<VmSnapshot> onChange, Action<NicChange> onNicChange, TimeProvider time, ILogger logger)
    : IAsyncDisposable
{
    private readonly RunStateTracker _tracker = new();
    private VmSnapshot _current = new(VmPhase.Connecting, null, false, Now(time), null, "not connected yet", null, 0);
    private QemuProcess _process = new(null, null, logger);
    private QmpClient? _client;
    private long _generation;
    private bool _shutdownSeen;
    private Action<Exception, int> _onConnectFailure = (_, _) => { };

    /// <summary>The last snapshot reported. May be read from any thread.</summary>
    public VmSnapshot Current => Volatile.Read(ref _current);

    /// <summary>The connection to ask QEMU by, null unless <see cref="VmPhase.Following"/>. It may end at any moment.</summary>
    public QmpClient? Client => Volatile.Read(ref _client);

    /// <summary>Runs until cancelled; with an fd: address until that connection ends and QEMU is gone.</summary>
    /// <exception cref="VmUnavailableException">The first QEMU cannot be reached or does not tell its run state.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task RunAsync(CancellationToken ct)
    {
        var connector = new QmpConnector(options.Qmp, (e, attempt) => _onConnectFailure(e, attempt));
        try
        {
            for (var connection = await ConnectFirstAsync(connector, ct); connection is not null;)
            {
                var began = time.GetTimestamp();
                QmpDisconnectReason reason;
                await using (connection)
                {
                    await FollowAsync(connection, ct);
                    Volatile.Write(ref _client, null);
                    reason = connection.Client.Closed.IsCompleted ? (await connection.Client.Closed).Reason : QmpDisconnectReason.Disposed;
                }
                ReportLoss(reason);
                connection = await ReconnectAsync(connector, began, ct);
            }
        }
        finally
        {
            Volatile.Write(ref _client, null);
        }
    }

    /// <summary>Ends the watch on QEMU's process. Only after <see cref="RunAsync"/> has ended.</summary>
    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static long Now(TimeProvider time) => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    private async Task<VmConnection> ConnectFirstAsync(QmpConnector connector, CancellationToken ct)
    {
        using var timeout = new CancellationTokenSource(options.QmpTimeout, time);
        using var fatal = new CancellationTokenSource();
        using var attempts = CancellationTokenSource.CreateLinkedTokenSource(ct, timeout.Token, fatal.Token);
        Exception? last = null;
        _onConnectFailure = (e, attempt) =>
        {
            last = e;
            if (!MayStillStart(e))
                fatal.Cancel();
            else if (attempt == 1)
                VmLog.Waiting(logger, options.Qmp.Address, e.Message);
        };
        try
        {
            return await VmConnection.MakeAsync(connector, attempts.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new VmUnavailableException(DescribeFirstFailure(last, waited: !fatal.IsCancellationRequested), last);
        }
        catch (QmpException e)
        {
            throw new VmUnavailableException(e.Message, e);
        }
    }

    private static bool MayStillStart(Exception e) =>
        e is QmpConnectException { Reason: QmpConnectFailure.NotFound or QmpConnectFailure.Refused };

    private string DescribeFirstFailure(Exception? last, bool waited)
    {
        var seconds = options.QmpTimeout.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        return last is null
            ? $"QMP at {options.Qmp.Address} did not answer within {seconds} s."
            : waited ? $"{last.Message} Waited {seconds} s for it." : last.Message;
    }

    // The process says whether QEMU ended, if it is known; else a SHUTDOWN before the connection closed does.
    private void ReportLoss(QmpDisconnectReason reason)
    {
        if (_process.Exited.IsCompleted || (!_process.IsWatched && _shutdownSeen))
        {
            ReportGone();
            return;
        }
        if (Current.Phase != VmPhase.Following)
            return;
        if (_shutdownSeen)
            VmLog.Ending(logger, options.Qmp.Address);
        else
            VmLog.Lost(logger, options.Qmp.Address, reason, Current.RunStateText);
        Report(VmPhase.Lost, "QMP lost", Now(time));
    }

    private void ReportGone()
    {
        if (Current.Phase is VmPhase.Gone or VmPhase.Connecting)
            return;
        VmLog.Gone(logger, options.Qmp.Address, ProcessText(_process.Pid));
        _tracker.Clear();
        Report(VmPhase.Gone, "QEMU exited", Now(time));
    }

    private async Task<VmConnection?> ReconnectAsync(QmpConnector connector, long began, CancellationToken ct)
    {
        _onConnectFailure = OnReconnectFailure;
        var connecting = ConnectAgainAsync(connector, began, ct);
        if (_process.IsWatched && await Task.WhenAny(connecting, _process.Exited) == _process.Exited)
            ReportGone();
        try
        {
            return await connecting;
        }
        catch (QmpException) when (options.Qmp.Address.Kind == QmpAddressKind.Fd)
        {
            // This connection was the only way to QEMU. Nothing can be learned any more, except that its process ends.
            if (_process.IsWatched)
                await Task.WhenAny(_process.Exited, Task.Delay(Timeout.Infinite, ct));
            ct.ThrowIfCancellationRequested();
            ReportGone();
            return null;
        }
    }

    private async Task<VmConnection> ConnectAgainAsync(QmpConnector connector, long began, CancellationToken ct)
    {
        var rest = options.RetryInterval - time.GetElapsedTime(began);
        if (rest > TimeSpan.Zero)
            await Task.Delay(rest, time, ct);
        return await VmConnection.MakeAsync(connector, ct);
    }

    // Only while no process is watched can this lead to a report, so it never races with the wait for one.
    private void OnReconnectFailure(Exception e, int attempt)
    {
        if (!_process.IsWatched && Current.Phase == VmPhase.Lost && IsNobodyThere(e))
            ReportGone();
        if (attempt == 1 && !_shutdownSeen && Current.Phase is VmPhase.Lost or VmPhase.Connecting)
            VmLog.NotReconnected(logger, options.Qmp.Address, e.Message);
    }

    // An unknown host name may be the name server's fault.
    private bool IsNobodyThere(Exception e) => e is QmpConnectException refused && (refused.Reason == QmpConnectFailure.Refused
        || (refused.Reason == QmpConnectFailure.NotFound && options.Qmp.Address.Kind == QmpAddressKind.Unix));

    private static string ProcessText(int? pid) =>
        pid is { } known ? $"process {known}" : "whose process cannot be seen from here";

    private void Report(VmPhase phase, string cause, long changedAt, long? eventAt = null)
    {
        var before = Current;
        var changed = _tracker.Running != before.Running || _generation != before.Generation;
        var snapshot = new VmSnapshot(
            phase,
            _tracker.RunState,
            _tracker.Running,
            changed ? changedAt : before.ChangedAtNanoseconds,
            eventAt,
            cause,
            _process.Pid,
            _generation);
        if (snapshot with { Cause = before.Cause, EventAtNanoseconds = before.EventAtNanoseconds } == before)
            return;
        Volatile.Write(ref _current, snapshot);
        onChange(snapshot);
    }
}
