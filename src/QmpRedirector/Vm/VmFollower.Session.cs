using QmpRedirector.Qmp;

namespace QmpRedirector.Vm;

internal sealed partial class VmFollower
{
    // A STOP older than this tells of two clocks, not of a slow wire.
    private static readonly long MaxStopAge = (long)TimeSpan.FromSeconds(5).TotalNanoseconds;

    /// <summary>Follows over one connection until it ends or QEMU does.</summary>
    private async Task FollowAsync(VmConnection connection, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var status = new CollapsedCommand(() => QueryStatusAsync(connection.Client, stop.Token));
        var later = new CollapsedCommand(() => QueryStatusLaterAsync(connection.Client, stop.Token));
        var rxFilter = new CollapsedCommand(() => UnmuteRxFilterAsync(connection.Client, stop.Token));
        try
        {
            _tracker.StartConnection();
            _shutdownSeen = false;
            await IdentifyAsync(connection.Client, ct);
            Volatile.Write(ref _client, connection.Client);
            await PumpAsync(connection.Events, status, later, rxFilter, ct);
        }
        catch (QmpDisconnectedException)
        {
            // While it was identified: nothing was learned.
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(status.StopAsync(), later.StopAsync(), rxFilter.StopAsync());
        }
    }

    /// <summary>Finds out whether this is still the same QEMU.</summary>
    private async Task IdentifyAsync(QmpClient client, CancellationToken ct)
    {
        var pid = await QemuProcess.FindAsync(client, options.Proc, ct);
        var another = _process.Exited.IsCompleted || (pid is not null && _process.Pid is not null && pid != _process.Pid);
        if (another)
            ReportGone();
        if (Current.Phase is VmPhase.Connecting or VmPhase.Gone)
        {
            _tracker.Clear();
            _generation = Current.Generation + 1;
            await WatchAsync(pid);
            var greeting = client.Greeting;
            VmLog.Connected(logger, $"{greeting.Major}.{greeting.Minor}.{greeting.Micro}", options.Qmp.Address, ProcessText(pid));
        }
        else if (_process.Pid is null && pid is not null)
        {
            await WatchAsync(pid);
        }
    }

    private async Task WatchAsync(int? pid)
    {
        await _process.DisposeAsync();
        _process = new QemuProcess(pid, options.ProcessExit, logger);
    }

    private async Task PumpAsync(
        QmpEventListener events, CollapsedCommand status, CollapsedCommand later, CollapsedCommand rxFilter, CancellationToken ct)
    {
        status.Request();
        rxFilter.Request(); // an event before this connection may have muted it
        var dropped = 0L;
        Task<bool>? more = null;
        for (var open = true; ;)
        {
            // In this order every event written before the answer is handled before it, so a STOP brings its own time.
            var (answered, answeredLater) = (status.IsAnswered, later.IsAnswered);
            while (events.TryRead(out var told))
                Handle(told, status, rxFilter);
            if (events.Dropped is var total && total > dropped)
            {
                VmLog.EventsLost(logger, total - dropped);
                dropped = total;
                status.Request();
            }
            if (answered && await status.TakeAsync() is { } reply)
                Handle(reply);
            if (answeredLater && await later.TakeAsync() is { } laterReply)
                Handle(laterReply);
            if (_tracker.IsTransient && later.IsIdle)
                later.Request();
            if (rxFilter.IsAnswered)
                await rxFilter.TakeAsync();
            if (!open || _process.Exited.IsCompleted)
                return;

            more ??= events.WaitToReadAsync(ct).AsTask();
            await Task.WhenAny(more, status.InFlight, later.InFlight, rxFilter.InFlight, _process.Exited);
            if (more.IsCompleted)
            {
                open = await more;
                more = null;
            }
        }
    }

    private void Handle(QmpEvent told, CollapsedCommand status, CollapsedCommand rxFilter)
    {
        switch (told.Name)
        {
            case "STOP" or "RESUME":
                _shutdownSeen = false; // with -no-shutdown, a STOP follows a SHUTDOWN
                if (_tracker.Apply(told))
                {
                    var changedAt = told.Name == "STOP" ? StopTime(told) : Now(time);
                    Report(VmPhase.Following, $"{told.Name} event", changedAt, told.TimestampNanoseconds);
                    VmLog.RunState(logger, Current.RunStateText, Current.Cause);
                }
                break;
            case "SHUTDOWN":
                _shutdownSeen = true;
                break;
            case "NIC_RX_FILTER_CHANGED":
                rxFilter.Request(); // QEMU does not say it again before that (virtio-net.c, rxfilter_notify)
                break;
        }
        if (VmConnection.ConcernsRunState(told.Name))
            status.Request();
        if (VmConnection.ConcernsNetdevs(told.Name) && Current.Phase == VmPhase.Following)
        {
            var change = new NicChange(told.Name, told.Data.Member("netdev-id").Text());
            VmLog.NicChanged(logger, change.EventName, change.NetdevId is null ? "any netdev" : $"netdev {change.NetdevId}");
            onNicChange(change);
        }
    }

    private void Handle(QmpReply reply)
    {
        if (RunStateTracker.IsContradictory(reply))
            VmLog.Contradiction(logger, reply.Return.GetRawText());
        if (!_tracker.Apply(reply))
            return;
        var before = Current;
        var cause = before.Phase == VmPhase.Following ? "query-status"
            : before.Phase == VmPhase.Lost ? "QMP reconnected" : "QMP connected";
        Report(VmPhase.Following, cause, Now(time));
        if (before != Current)
            VmLog.RunState(logger, Current.RunStateText, Current.Cause);
    }

    /// <summary>STOP's own time, which is comparable with the kernel's frame timestamps if both are of one host's clock.</summary>
    private long StopTime(QmpEvent stop)
    {
        var now = Now(time);
        if (stop.TimestampNanoseconds is not { } stamped)
            return now;
        if (stamped <= now && now - stamped <= MaxStopAge)
            return stamped;
        VmLog.StopTimeRefused(logger, stamped - now);
        return now;
    }

    private async Task<QmpReply?> QueryStatusAsync(QmpClient client, CancellationToken ct)
    {
        try
        {
            while (true)
            {
                if (await TryQueryStatusAsync(client, ct) is { } reply)
                    return reply;
                await Task.Delay(options.RetryInterval, time, ct);
            }
        }
        catch (QmpCommandException e)
        {
            if (Current.Phase == VmPhase.Connecting)
                throw new VmUnavailableException($"QMP at {options.Qmp.Address} does not tell the VM's run state: {e.Message}.", e);
            VmLog.StatusRefused(logger, e.Message);
            return null;
        }
        catch (Exception e) when (e is QmpDisconnectedException or OperationCanceledException)
        {
            return null;
        }
    }

    private async Task<QmpReply?> QueryStatusLaterAsync(QmpClient client, CancellationToken ct)
    {
        try
        {
            await Task.Delay(options.TransientInterval, time, ct);
        }
        catch (OperationCanceledException)
        {
            return null;
        }

        return await QueryStatusAsync(client, ct);
    }

    private async Task<QmpReply?> TryQueryStatusAsync(QmpClient client, CancellationToken ct)
    {
        try
        {
            return await client.ExecuteAsync("query-status", ct: ct);
        }
        catch (QmpTimeoutException e)
        {
            VmLog.StatusUnanswered(logger, e.Message);
            return null;
        }
    }

    private async Task<QmpReply?> UnmuteRxFilterAsync(QmpClient client, CancellationToken ct)
    {
        try
        {
            await Task.Delay(options.RxFilterInterval, time, ct);
            return await client.ExecuteAsync("query-rx-filter", ct: ct);
        }
        catch (Exception e) when (e is QmpException or OperationCanceledException)
        {
            return null; // no NIC here has a filter
        }
    }
}
