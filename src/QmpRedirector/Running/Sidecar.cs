using System.Net.Sockets;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using QmpRedirector.Control;
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
    private static readonly ServiceState _alive = new("WATCHDOG=1");

    private readonly RunOptions _options;
    private readonly ILogger _logger;
    private readonly ISystemdNotifier _systemd;
    private readonly TimeProvider _time;
    private readonly RedirectorTable _redirectors;
    private readonly VmFollower _vm;
    private readonly TaskCompletionSource<string> _oneOffEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _quit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ControlSocket? _control;
    private readonly PcapngRecording? _recording;
    private readonly MetricsSource _metricsSource;
    private readonly MetricsServer? _metrics;
    private readonly TaskCompletionSource _following = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PidFile? _pidFile;
    private LinkMonitor? _links;

    public Sidecar(RunOptions options, ILogger logger, ISystemdNotifier systemd, TimeProvider time)
    {
        _options = options;
        _logger = logger;
        _systemd = systemd;
        _time = time;
        _vm = new VmFollower(
            new VmFollowerOptions
            {
                Qmp = new QmpClientOptions { Address = options.Qmp, OneAtATime = true, Logger = logger, TimeProvider = time },
                QmpTimeout = options.QmpTimeout,
                ProcessExit = ProcessExit.WaitAsync,
            },
            OnVm,
            _ => _redirectors!.WakeNetdevs(),
            time,
            logger);
        if (options.PcapngFile is { } file)
            _recording = new PcapngRecording(CaptureFile.Section, problem => Log.RecordingEnded(logger, file, problem));
        _redirectors = new RedirectorTable(_vm, options.WaitNetdev, _recording, time, logger);
        _metricsSource = new MetricsSource(_vm, _redirectors);
        if (options.Metrics is { } metrics)
            _metrics = new MetricsServer(metrics, _metricsSource, time, logger);
        if (options.Control is { } control)
        {
            _control = new ControlSocket(
                control, options.Qmp.ToString(), _redirectors, _vm, () => _quit.TrySetResult("quit"), time, logger);
        }
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

        _redirectors.Start();
        List<Task> running =
        [
            _vm.RunAsync(ending.Token),
            _redirectors.Failure,
            _links!.Completion,
            .. _control is null ? (Task[])[] : [_control.RunAsync(ending.Token)],
            .. _metrics is null ? (Task[])[] : [_metrics.RunAsync(ending.Token)],
            .. Watchdog(ending.Token),
            AnnounceReadyAsync(ending.Token),
        ];
        try
        {
            var reason = await WaitForEndAsync(running, stop);
            Log.Ending(_logger, reason);
            Notify(ServiceState.Stopping, "stopping");
        }
        catch (Exception e)
        {
            await CloseAsync(running, ending);
            if (e is VmUnavailableException or RedirectorException or LinuxException or QmpException)
                throw new SidecarException([e.Message]);
            throw;
        }

        return await CloseAsync(running, ending);
    }

    public async ValueTask DisposeAsync()
    {
        if (_control is not null)
            await _control.DisposeAsync();
        await _redirectors.DisposeAsync();
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
        await OpenChardevsAsync(_redirectors.Chardevs.Where(c => c.Options.Server), problems, cancellationToken);
        OpenControl(problems);
        await OpenMetricsAsync(problems, cancellationToken);
        WritePidFile(problems);
        OpenRecording(problems);
        if (problems.Count == 0)
            await OpenChardevsAsync(_redirectors.Chardevs.Where(c => !c.Options.Server), problems, cancellationToken);
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

    private void OpenRedirectors(List<string> problems)
    {
        foreach (var chardev in _options.Chardevs)
            _redirectors.AddChardev(chardev);
        _redirectors.AddAll(_options.Redirectors, (options, refusal) =>
        {
            var sentence = Sentences.PacketSocket(refusal, options);
            if (!problems.Contains(sentence))
                problems.Add(sentence);
        });
    }

    private static async Task OpenChardevsAsync(IEnumerable<OpenChardev> chardevs, List<string> problems, CancellationToken cancellationToken)
    {
        foreach (var chardev in chardevs)
        {
            try
            {
                await chardev.Socket.OpenAsync(cancellationToken);
            }
            catch (ChardevException e)
            {
                problems.Add($"--chardev socket,id={chardev.Options.Id}: {e.Message}");
            }
        }
    }

    private void OpenControl(List<string> problems)
    {
        try
        {
            _control?.Open();
        }
        catch (QmpServerException e)
        {
            problems.Add($"--control: {e.Message}");
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

    private async Task AnnounceReadyAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll([_following.Task, .. _redirectors.Units.Select(u => u.Ready)]).WaitAsync(cancellationToken);
        Log.Ready(_logger);
        Notify(ServiceState.Ready, "readiness");
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    // A metrics snapshot is what every part has to answer for: the VM's follower, the table and each data thread.
    private Task[] Watchdog(CancellationToken cancellationToken) =>
        Running.Watchdog.Allowed(Environment.GetEnvironmentVariable, Environment.ProcessId) is { } allowed
            ? [new Watchdog(allowed, _metricsSource.TakeAsync, () => Notify(_alive, "that it lives"), _time).RunAsync(cancellationToken)]
            : [];

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
        var first = await Task.WhenAny([.. running, stopped.Task, _quit.Task, _oneOffEnd.Task]);
        if (stop.IsCancellationRequested)
            return "told to stop";
        if (first == _quit.Task)
            return await _quit.Task;
        var reason = "QEMU is gone and its monitor's descriptor cannot be opened again";
        if (first == _oneOffEnd.Task)
            reason = await _oneOffEnd.Task;
        else
            await first;
        var drained = Task.WhenAll(_redirectors.Redirectors.Select(r => r.DrainAsync()));
        await Task.WhenAny(drained, stopped.Task, _quit.Task);
        return reason;
    }

    private async Task<IReadOnlyList<string>> CloseAsync(IReadOnlyList<Task> running, CancellationTokenSource ending)
    {
        await ending.CancelAsync();
        _links?.Dispose();
        var accounts = await _redirectors.StopAsync();
        _recording?.Close();
        foreach (var task in running)
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return [.. accounts.Select(a => ClosingReport.Line(a.Redirector.Id, a.Account, a.Redirector.Recorder))];
    }

    private void OnVm(VmSnapshot snapshot)
    {
        _metricsSource.OnVm(snapshot);
        _redirectors.OnVm(snapshot);
        if (snapshot.Phase == VmPhase.Following)
            _following.TrySetResult();
        if (snapshot.Phase == VmPhase.Gone)
            EndOneOff("QEMU is gone");
    }

    private void OnLink(LinkChange change)
    {
        _redirectors.OnLink(change);
        if (change.Kind == LinkChangeKind.Deleted && _redirectors.HaveAllLostTheirTaps)
            EndOneOff("the TAP is gone");
    }

    private void EndOneOff(string reason)
    {
        if (_options.OneOff)
            _oneOffEnd.TrySetResult(reason);
    }
}
