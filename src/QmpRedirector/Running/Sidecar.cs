using System.Net.Sockets;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using QmpRedirector.Decode;
using QmpRedirector.Metrics;
using QmpRedirector.Net;
using QmpRedirector.Net.Interop;
using QmpRedirector.Options;
using QmpRedirector.Qmp;
using QmpRedirector.Redirectors;
using QmpRedirector.Vm;

namespace QmpRedirector.Running;

/// <summary>
/// One run: opens what it needs (privileges, chardevs, pid file) before it looks for QEMU, then follows the VM until it is told to
/// stop, or with <c>--one-off</c> until QEMU or the TAPs are gone.
/// </summary>
internal sealed class Sidecar : IAsyncDisposable
{
    private readonly RunOptions _options;
    private readonly ILogger _logger;
    private readonly ISystemdNotifier _systemd;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, SocketChardev> _chardevs;
    private readonly List<Redirector> _redirectors = [];
    private readonly List<NetdevFollower> _netdevs = [];
    private readonly VmFollower _vm;
    private readonly TaskCompletionSource<string> _oneOffEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PcapngRecording? _recording;
    private readonly MetricsServer? _metrics;
    private readonly MetricsSource _metricsSource;
    private PidFile? _pidFile;
    private LinkMonitor? _links;

    public Sidecar(RunOptions options, ILogger logger, ISystemdNotifier systemd, TimeProvider time)
    {
        _options = options;
        _logger = logger;
        _systemd = systemd;
        _time = time;
        _chardevs = options.Chardevs.ToDictionary(
            c => c.Id, c => new SocketChardev(new SocketChardevOptions(c.Id, c.Address, c.Server, c.Reconnect), time));
        if (options.PcapngFile is { } file)
            _recording = new PcapngRecording(CaptureFile.Section, problem => Log.RecordingEnded(logger, file, problem));
        _vm = new VmFollower(
            new VmFollowerOptions
            {
                Qmp = new QmpClientOptions { Address = options.Qmp, Logger = logger, TimeProvider = time },
                QmpTimeout = options.QmpTimeout,
                ProcessExit = ProcessExit.WaitAsync,
            },
            OnVm,
            OnNic,
            time,
            logger);
        _metricsSource = new MetricsSource(_vm, _redirectors);
        if (options.Metrics is { } metrics)
            _metrics = new MetricsServer(metrics, _metricsSource, time, logger);
    }

    /// <summary>Runs until <paramref name="stop"/>, and gives the closing report.</summary>
    /// <exception cref="SidecarException">It cannot start, or cannot go on.</exception>
    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            await OpenAsync(ending.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return await CloseAsync([], ending);
        }

        var chardevs = _redirectors.Select(r => r.RunChardevAsync(ending.Token)).ToList();
        List<Task> running =
        [
            _vm.RunAsync(ending.Token),
            .. _netdevs.Select(n => n.RunAsync(ending.Token)),
            .. _redirectors.Select(r => r.Completion),
            _links!.Completion,
            AnnounceReadyAsync(ending.Token),
            .. chardevs.Select(c => FailureOfAsync(c, ending.Token)),
            .. _metrics is null ? Array.Empty<Task>() : [_metrics.RunAsync(ending.Token)],
        ];
        try
        {
            var reason = await WaitForEndAsync(running, stop);
            Log.Ending(_logger, reason);
            Notify(ServiceState.Stopping, "stopping");
        }
        catch (Exception e)
        {
            await CloseAsync([.. running, .. chardevs], ending);
            if (e is VmUnavailableException or RedirectorException or LinuxException or QmpException)
                throw new SidecarException([e.Message]);
            throw;
        }

        return await CloseAsync([.. running, .. chardevs], ending);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var redirector in _redirectors)
            await redirector.DisposeAsync();
        foreach (var chardev in _chardevs.Values)
            chardev.Dispose();
        foreach (var netdev in _netdevs)
            netdev.Dispose();
        _recording?.Dispose();
        _metrics?.Dispose();
        _metricsSource.Dispose();
        await _vm.DisposeAsync();
        _pidFile?.Dispose();
    }

    /// <summary>
    /// Everything that can be known to be wrong without QEMU, as much of it at once as harms nobody: a consumer is connected to only when
    /// all else is right, because a QEMU of 7.2 to 10.2 never reads an indev again after its first disconnect.
    /// </summary>
    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        List<string> problems = [];
        OpenRedirectors(problems);
        await OpenChardevsAsync(_options.Chardevs.Where(c => c.Server), problems, cancellationToken);
        await OpenMetricsAsync(problems, cancellationToken);
        WritePidFile(problems);
        OpenRecording(problems);
        if (problems.Count == 0)
            await OpenChardevsAsync(_options.Chardevs.Where(c => !c.Server), problems, cancellationToken);
        if (problems.Count > 0)
            throw new SidecarException(problems);
        try
        {
            _links = new LinkMonitor(OnLink);
        }
        catch (LinuxException e)
        {
            throw new SidecarException([$"The interfaces of this network namespace cannot be followed: {e.Message}."]);
        }
    }

    private async Task OpenChardevsAsync(IEnumerable<ChardevOptions> chardevs, List<string> problems, CancellationToken cancellationToken)
    {
        foreach (var chardev in chardevs)
        {
            try
            {
                await _chardevs[chardev.Id].OpenAsync(cancellationToken);
            }
            catch (ChardevException e)
            {
                problems.Add($"--chardev socket,id={chardev.Id}: {e.Message}");
            }
        }
    }

    private void WritePidFile(List<string> problems)
    {
        try
        {
            if (problems.Count == 0 && _options.PidFile is { } path)
                _pidFile = PidFile.Write(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add($"--pid {_options.PidFile}: it cannot be written: {e.Message}");
        }
    }

    private async Task OpenMetricsAsync(List<string> problems, CancellationToken cancellationToken)
    {
        try
        {
            await (_metrics?.OpenAsync(cancellationToken) ?? Task.CompletedTask);
        }
        catch (IOException e)
        {
            problems.Add($"--metrics {_options.Metrics}: {e.Message}");
        }
    }

    private void OpenRecording(List<string> problems)
    {
        if (_options.PcapngFile is not { } path)
            return;
        var problem = RecordingPlace.Look(path).Problem;
        try
        {
            // It replaces an older recording, which is no loss only when the rest is right.
            if (problem is null && problems.Count == 0)
                _recording!.Open(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = e.Message;
        }

        if (problem is not null)
            problems.Add($"--pcapng {OptionOrigin.Shown(path)}: it cannot be recorded to: {problem}.");
    }

    private void OpenRedirectors(List<string> problems)
    {
        try
        {
            var resolver = new NetdevResolver(new ProcFs());
            foreach (var options in _options.Redirectors)
            {
                var outdev = _options.Chardevs.Single(c => c.Id == options.Outdev);
                var redirector = new Redirector(
                    options,
                    _chardevs[outdev.Id],
                    outdev.Server,
                    waitsForPeer: outdev is { Server: true, Wait: true },
                    _logger,
                    _recording?.Add($"{options.Id} queue={options.Queue.ToString().ToLowerInvariant()}"));
                _redirectors.Add(redirector);
                _netdevs.Add(new NetdevFollower(redirector, _vm, resolver, _options.WaitNetdev, _time, _logger));
            }
        }
        catch (LinuxException e) when (e.IsPermission)
        {
            problems.Add(
                "Capturing on a TAP needs the capability CAP_NET_RAW, which this process does not have: run it as root, or grant it "
                + $"(setcap cap_net_raw+ep {Environment.ProcessPath}, or AmbientCapabilities=CAP_NET_RAW in a unit).");
        }
        catch (LinuxException e)
        {
            problems.Add($"The packet socket cannot be opened: {e.Message}.");
        }
    }

    private async Task AnnounceReadyAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(_redirectors.SelectMany(r => new[] { r.Bound, r.ChardevOpen })).WaitAsync(cancellationToken);
        Log.Ready(_logger);
        Notify(ServiceState.Ready, "readiness");
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    /// <summary>A chardev that ends has no peer to come, which is no reason to end; one that fails is.</summary>
    private static async Task FailureOfAsync(Task chardev, CancellationToken cancellationToken)
    {
        await chardev;
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    // NOTIFY_SOCKET may be inherited from a service that is gone: that is no reason to end.
    private void Notify(ServiceState state, string what)
    {
        try
        {
            _systemd.Notify(state);
        }
        catch (SocketException e)
        {
            Log.NotNotified(_logger, what, e.Message);
        }
    }

    /// <summary>Why to end; faults with what makes going on impossible.</summary>
    private async Task<string> WaitForEndAsync(List<Task> running, CancellationToken stop)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stop.Register(() => stopped.TrySetResult());
        var first = await Task.WhenAny([.. running, stopped.Task, _oneOffEnd.Task]);
        if (stop.IsCancellationRequested)
            return "told to stop";
        var reason = "QEMU is gone and its monitor's descriptor cannot be opened again";
        if (first == _oneOffEnd.Task)
            reason = await _oneOffEnd.Task;
        else
            await first;
        var drained = Task.WhenAll(_redirectors.Select(r => r.DrainAsync()));
        await Task.WhenAny(drained, stopped.Task);
        return reason;
    }

    private async Task<IReadOnlyList<string>> CloseAsync(IReadOnlyList<Task> running, CancellationTokenSource ending)
    {
        await ending.CancelAsync();
        _links?.Dispose();
        var accounts = await Task.WhenAll(_redirectors.Select(async r => (r.Id, Account: await r.StopAsync(), r.Recorder)));
        _recording?.Close();
        foreach (var task in running)
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var (id, account, _) in accounts.Where(a => a.Account.IdentitiesBroken > 0))
            Log.IdentitiesBroken(_logger, id, account.IdentitiesBroken);
        return [.. accounts.Select(a => ClosingReport.Line(a.Id, a.Account, a.Recorder))];
    }

    private void OnVm(VmSnapshot snapshot)
    {
        _metricsSource.OnVm(snapshot);
        foreach (var redirector in _redirectors)
            redirector.OnVm(snapshot);
        foreach (var netdev in _netdevs)
            netdev.Wake();
        if (snapshot.Phase == VmPhase.Gone)
            EndOneOff("QEMU is gone");
    }

    private void OnNic(NicChange change)
    {
        foreach (var netdev in _netdevs)
            netdev.Wake();
    }

    private void OnLink(LinkChange change)
    {
        foreach (var (redirector, netdev) in _redirectors.Zip(_netdevs))
        {
            if (redirector.OnLink(change))
                netdev.Wake();
        }

        if (change.Kind == LinkChangeKind.Deleted && _redirectors.TrueForAll(r => r.LostTap))
            EndOneOff("the TAP is gone");
    }

    private void EndOneOff(string reason)
    {
        if (_options.OneOff)
            _oneOffEnd.TrySetResult(reason);
    }
}
