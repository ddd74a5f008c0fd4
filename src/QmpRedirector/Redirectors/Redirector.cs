using Microsoft.Extensions.Logging;
using QmpRedirector.Net;
using QmpRedirector.Net.Interop;
using QmpRedirector.Options;
using QmpRedirector.Vm;

namespace QmpRedirector.Redirectors;

/// <summary>
/// One <c>filter-redirector</c> or <c>filter-mirror</c>: holds what its activity depends on (status, the VM, the TAP, the first peer)
/// and arms or disarms its forwarder whenever one of these changes.
/// </summary>
internal sealed partial class Redirector : IAsyncDisposable
{
    /// <summary>How long what was accepted may take to be sent after QEMU or the TAP is gone.</summary>
    private static readonly TimeSpan _linger = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Forwarder _forwarder;
    private readonly SocketChardev _chardev;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource _bound = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _chardevOpen = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private VmSnapshot? _vm;
    private int? _vnetHeaderLength;
    private bool _awaitsPeer;
    private Task _draining = Task.CompletedTask;
    private bool _stopping;

    /// <param name="options">The object's properties.</param>
    /// <param name="outdev">The chardev it writes to, which stays the caller's.</param>
    /// <param name="logger">Event ids of <see cref="Log"/>.</param>
    /// <param name="recorder">Takes what is forwarded; null to record nothing.</param>
    /// <exception cref="LinuxException">The packet socket cannot be opened.</exception>
    public Redirector(RedirectorOptions options, OpenChardev outdev, ILogger logger, FrameRecorder? recorder)
    {
        Recorder = recorder;
        Options = options;
        _chardev = outdev.Socket;
        _chardev.OnEvent = OnChardev;
        _logger = logger;

        // wait=on: QEMU would not start before a peer has connected.
        _awaitsPeer = outdev.Options is { Server: true, Wait: true };
        if (outdev.Options.Server && !_awaitsPeer)
            _chardevOpen.SetResult();
        DefaultVnetHeaderLength = options.VnetHdrSupport ? 12 : 0;
        _forwarder = new Forwarder(new ForwarderOptions(
            options.Id,
            DirectionOf(options.Queue),
            options.VnetHdrSupport,
            options.VnetHdrLen ?? DefaultVnetHeaderLength,
            options.Backlog,
            options.WhenDisconnected == DisconnectedPolicy.Hold,
            recorder,
            options.PacketFds));
    }

    /// <summary>The properties as they are now.</summary>
    public RedirectorOptions Options { get; private set; }

    /// <summary>Called after it was armed or disarmed, on the thread that did it; must be quick.</summary>
    public Action<Redirector>? OnState { get; init; }

    public string Id => Options.Id;

    /// <summary>What it records with, if it does.</summary>
    public FrameRecorder? Recorder { get; }

    /// <summary>How far arming lagged behind the events that asked for it.</summary>
    public EventLag ArmLag { get; } = new();

    /// <summary>The same of disarming.</summary>
    public EventLag DisarmLag { get; } = new();

    /// <summary>Bytes of vnet header where QMP does not help.</summary>
    public int DefaultVnetHeaderLength { get; }

    /// <summary>Completes when the TAP was bound for the first time.</summary>
    public Task Bound => _bound.Task;

    /// <summary>Completes when the chardev is open: connected for the first time, or listening unless <c>wait=on</c>.</summary>
    public Task ChardevOpen => _chardevOpen.Task;

    /// <summary>Faults when the data thread fails.</summary>
    public Task Completion => _forwarder.Completion;

    /// <summary>Serves the chardev's peers until cancelled; the last connection ends with <see cref="StopAsync"/>.</summary>
    public Task RunChardevAsync(CancellationToken cancellationToken)
    {
        if (_awaitsPeer)
            Log.WaitingForPeer(_logger, Id, Options.Outdev, _chardev.Filename);
        return _chardev.RunAsync(_forwarder.ServeAsync, cancellationToken);
    }

    /// <summary>The VM has changed. Called by the one that follows it, for whom the next event waits: what follows must be quick.</summary>
    public void OnVm(VmSnapshot vm)
    {
        lock (_gate)
        {
            var gone = vm.Phase == VmPhase.Gone && _vm?.Phase != VmPhase.Gone;

            // Another QEMU may have another TAP for the netdev: nothing is captured before it has said which.
            if (vm.Generation != _vm?.Generation && Options.Ifname is null)
                (_tap, _ifname) = (null, null);

            // The time of an earlier change is none of this one's: a VM that stopped long ago and ends now was captured from until now.
            var changedNow = vm.Running != _vm?.Running;
            _vm = vm;
            Update(vm.Cause, changedNow ? vm.ChangedAtNanoseconds : null, vm.EventAtNanoseconds);
            if (gone)
                Drain();
        }
    }

    /// <summary>Bytes of vnet header before each frame from now on.</summary>
    public void SetVnetHeaderLength(int bytes, string how)
    {
        lock (_gate)
        {
            if (bytes == _vnetHeaderLength || (Options.VnetHdrLen is { } set && set != bytes))
                return;
            _vnetHeaderLength = bytes;
            _forwarder.SetVnetHeaderLength(bytes);
            Log.VnetHeaderLength(_logger, Id, bytes, how);
        }
    }

    /// <summary>The account as it is now.</summary>
    public Task<ForwarderSnapshot> SnapshotAsync() => _forwarder.SnapshotAsync();

    /// <summary>Changes properties while it runs; what cannot change (id, netdev, outdev, vnet_hdr_support, backlog) is the caller's to refuse.</summary>
    /// <exception cref="LinuxException">The kernel refuses; nothing has changed then.</exception>
    public void Change(RedirectorOptions changed)
    {
        lock (_gate)
        {
            if (_stopping)
                return;
            if (changed.Queue != Options.Queue)
                _forwarder.SetDirection(DirectionOf(changed.Queue));
            if (changed.WhenDisconnected != Options.WhenDisconnected)
                _forwarder.SetHoldWithoutPeer(changed.WhenDisconnected == DisconnectedPolicy.Hold);
            var ifname = Options.Ifname;
            Options = changed;
            if (changed.VnetHdrLen is { } fixedLength)
                SetVnetHeaderLength(fixedLength, "vnet_hdr_len");
            if (changed.Ifname != ifname)
                Unbind("ifname changed");
            Update("property changed", null);
        }
    }

    /// <summary>Waits until what was accepted is sent, or dropped when the time for that is over.</summary>
    public Task DrainAsync() => _forwarder.DrainAsync(_linger);

    /// <summary>Ends the capture; see <see cref="Forwarder.StopAsync"/>.</summary>
    public async Task<ForwarderSnapshot> StopAsync()
    {
        lock (_gate)
        {
            _stopping = true;
            Update("end", null);
        }

        var account = await _forwarder.StopAsync();
        await _draining;
        Recorder?.Finish(account);
        return account;
    }

    public ValueTask DisposeAsync() => _forwarder.DisposeAsync();

    private void OnChardev(ChardevEvent change)
    {
        switch (change)
        {
            case ChardevEvent.Connected:
                Log.PeerConnected(_logger, Id, Options.Outdev, _chardev.Filename);
                lock (_gate)
                {
                    _awaitsPeer = false;
                    Update("peer connected", null);
                    _chardevOpen.TrySetResult();
                }

                break;
            case ChardevEvent.Disconnected { Reason: not PeerLoss.Stopped } lost:
                Log.PeerLost(_logger, Id, Options.Outdev, lost.Reason, lost.Final ? "; it will not come back: the chardev has no reconnect" : "");
                break;
            case ChardevEvent.NotAccepted problem:
                Log.PeerNotAccepted(_logger, Id, Options.Outdev, problem.Problem);
                break;
            case ChardevEvent.Refused refused:
                Log.PeerRefused(_logger, Id, Options.Outdev, refused.Problem);
                break;
        }
    }

    private void Drain()
    {
        if (_draining.IsCompleted)
            _draining = DrainAsync();
    }

    private static CaptureDirection DirectionOf(QueueDirection queue) => queue switch
    {
        QueueDirection.Tx => CaptureDirection.TowardsGuest,
        QueueDirection.Rx => CaptureDirection.FromGuest,
        _ => CaptureDirection.All,
    };
}
