using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using QmpRedirector.Net;
using QmpRedirector.Net.Interop;
using QmpRedirector.Options;
using QmpRedirector.Vm;

namespace QmpRedirector.Redirectors;

/// <summary>
/// The chardevs and redirectors of this process. They come from the command line and, while it runs, from the control socket; adding or
/// removing one leaves the others' frames alone.
/// </summary>
/// <param name="vm">Asked about netdevs.</param>
/// <param name="waitsForNetdev">A netdev may be absent at first.</param>
/// <param name="recording">Records what is forwarded; null to record nothing. Not owned.</param>
/// <param name="time">The clock of retries.</param>
/// <param name="logger">Event ids of <see cref="Log"/>.</param>
internal sealed class RedirectorTable(
    VmFollower vm, bool waitsForNetdev, PcapngRecording? recording, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    /// <summary>How long a redirector that is removed waits for the last of its frames to be recorded.</summary>
    private static readonly TimeSpan _recordingRest = TimeSpan.FromMilliseconds(150);

    // Taken before the gate, for which the VM's events wait: to make a redirector takes a while.
    private readonly Lock _coming = new();
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly NetdevResolver _resolver = new(new ProcFs());
    private ImmutableList<OpenChardev> _chardevs = [];
    private ImmutableList<RedirectorUnit> _units = [];
    private VmSnapshot? _vm;
    private bool _stopped;

    /// <summary>Faults when a redirector that was started cannot go on; ends with <see cref="StopAsync"/>.</summary>
    public Task Failure => _failure.Task;

    /// <summary>True when every redirector had a TAP and has none now.</summary>
    public bool HaveAllLostTheirTaps => !Units.IsEmpty && Units.TrueForAll(u => u.Redirector.LostTap);

    /// <summary>Called after a redirector was armed or disarmed, on the thread that did it; must be quick.</summary>
    public Action<Redirector>? OnState { get; set; }

    public ImmutableList<RedirectorUnit> Units => Volatile.Read(ref _units);

    public ImmutableList<OpenChardev> Chardevs => Volatile.Read(ref _chardevs);

    public IEnumerable<Redirector> Redirectors => Units.Select(u => u.Redirector);

    public RedirectorUnit? Find(string id) => Units.Find(u => u.Redirector.Id == id);

    public OpenChardev? FindChardev(string id) => Chardevs.Find(c => c.Options.Id == id);

    /// <summary>The redirector that writes to the chardev.</summary>
    public RedirectorUnit? UserOf(OpenChardev chardev) => Units.Find(u => u.Outdev == chardev);

    /// <summary>Makes a chardev; its socket is still to be opened.</summary>
    /// <exception cref="ArgumentException">There is one of this id.</exception>
    public OpenChardev AddChardev(ChardevOptions options)
    {
        if (FindChardev(options.Id) is not null)
            throw new ArgumentException($"Chardev '{options.Id}' is in the table already.", nameof(options));
        var socket = new SocketChardev(new SocketChardevOptions(options.Id, options.Address, options.Server, options.Reconnect), time);
        var chardev = new OpenChardev(options, socket);
        lock (_gate)
            _chardevs = _chardevs.Add(chardev);
        return chardev;
    }

    /// <summary>Closes a chardev that no redirector uses.</summary>
    public void RemoveChardev(OpenChardev chardev)
    {
        lock (_gate)
            _chardevs = _chardevs.Remove(chardev);
        chardev.Socket.Dispose();
    }

    /// <summary>Makes a redirector, not running yet; its outdev is in the table.</summary>
    /// <exception cref="LinuxException">The packet socket cannot be opened.</exception>
    /// <exception cref="OperationCanceledException">The table was stopped.</exception>
    public RedirectorUnit Add(RedirectorOptions options) => AddAll([options], static (_, e) => ExceptionDispatchInfo.Throw(e))[0];

    /// <summary>Makes redirectors, at once, as the kernel makes each of them wait; a refused one is not in the table.</summary>
    /// <exception cref="OperationCanceledException">The table was stopped.</exception>
    public IReadOnlyList<RedirectorUnit> AddAll(
        IReadOnlyList<RedirectorOptions> redirectors, Action<RedirectorOptions, LinuxException> onRefused)
    {
        lock (_coming)
        {
            // A redirector nobody will stop must not come to be.
            if (_stopped)
                throw new OperationCanceledException();
            var making = redirectors.Select(options =>
            {
                var outdev = FindChardev(options.Outdev!)!;
                var recorder = recording?.Add($"{options.Id} netdev={options.Netdev}");
                return (Options: options, Outdev: outdev, Redirector: KernelWork.Start(() => Make(options, outdev, recorder)));
            }).ToList();
            List<RedirectorUnit> added = [];
            foreach (var (options, outdev, made) in making)
            {
                try
                {
                    added.Add(Add(made.GetAwaiter().GetResult(), outdev));
                }
                catch (LinuxException e)
                {
                    onRefused(options, e);
                }
            }

            return added;
        }
    }

    /// <summary>Takes a redirector out and ends it, its part of the recording included; the account is its last.</summary>
    public async Task<ForwarderSnapshot> RemoveAsync(RedirectorUnit unit)
    {
        lock (_gate)
            _units = _units.Remove(unit);
        var account = await unit.StopAsync();

        // Its counts are final by then, unless a FIFO's reader takes too long.
        if (unit.Redirector.Recorder is { } recorder)
            await Task.WhenAny(recorder.Finished, Task.Delay(_recordingRest, time));
        await unit.DisposeAsync();

        // A chardev that waits for its next redirector must not keep this one's memory.
        unit.Outdev.Socket.OnEvent = null;
        return account;
    }

    /// <summary>Starts the redirectors of the command line.</summary>
    public void Start()
    {
        foreach (var unit in Units)
            unit.Start(Fail);
    }

    /// <summary>A redirector that was started cannot go on.</summary>
    public void Fail(Exception e) => _failure.TrySetException(e);

    /// <summary>Ends every redirector and gives their accounts.</summary>
    public async Task<IReadOnlyList<(Redirector Redirector, ForwarderSnapshot Account)>> StopAsync()
    {
        lock (_coming)
            _stopped = true;
        var accounts = await Task.WhenAll(Units.Select(async u => (u.Redirector, await u.StopAsync())));
        _failure.TrySetResult();
        return accounts;
    }

    public void OnVm(VmSnapshot snapshot)
    {
        // With the gate, or one that is being added could be told of the snapshot before this one after it.
        lock (_gate)
        {
            _vm = snapshot;
            foreach (var unit in _units)
                unit.Redirector.OnVm(snapshot);
        }

        WakeNetdevs();
    }

    public void OnLink(LinkChange change)
    {
        foreach (var unit in Units)
        {
            if (unit.Redirector.OnLink(change))
                unit.Netdev.Wake();
        }
    }

    /// <summary>Netdevs may have changed.</summary>
    public void WakeNetdevs()
    {
        foreach (var unit in Units)
            unit.Netdev.Wake();
    }

    public async ValueTask DisposeAsync()
    {
        // One after the other, an end would take longer than it may.
        await Task.WhenAll(Units.Select(static unit => KernelWork.Start(() => unit.DisposeAsync().AsTask()).Unwrap()));
        foreach (var chardev in Chardevs)
            chardev.Socket.Dispose();
    }

    private RedirectorUnit Add(Redirector redirector, OpenChardev outdev)
    {
        var unit = new RedirectorUnit(
            redirector, new NetdevFollower(redirector, vm, _resolver, waitsForNetdev, time, logger), outdev, logger);
        lock (_gate)
        {
            _units = _units.Add(unit);
            if (_vm is not null)
                redirector.OnVm(_vm);
        }

        return unit;
    }

    private Redirector Make(RedirectorOptions options, OpenChardev outdev, FrameRecorder? recorder)
    {
        try
        {
            return new Redirector(options, outdev, logger, recorder) { OnState = r => OnState?.Invoke(r) };
        }
        catch
        {
            recorder?.Finish(null);
            throw;
        }
    }
}
