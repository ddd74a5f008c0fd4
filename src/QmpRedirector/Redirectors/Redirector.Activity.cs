using QmpRedirector.Net.Interop;
using QmpRedirector.Vm;

namespace QmpRedirector.Redirectors;

/// <remarks>Whether it is active, and the edges of that.</remarks>
internal sealed partial class Redirector
{
    private string? _cause;
    private long _since = RealtimeClock.NowNanoseconds;

    public RedirectorState State
    {
        get
        {
            lock (_gate)
            {
                return new RedirectorState(
                    Phase(),
                    WhyInactive(),
                    _tap?.Name,
                    _vnetHeaderLength ?? Options.VnetHdrLen,
                    _forwarder.Backlog,
                    _cause,
                    _since);
            }
        }
    }

    private void Update(string cause, long? at, long? eventAt = null)
    {
        var why = WhyInactive();
        if ((why is null) == _forwarder.IsArmed)
            return;
        if (why is null)
        {
            Recorder?.Note(RealtimeClock.NowNanoseconds, $"armed on {_tap!.Name}: {cause}");
            var took = _forwarder.Arm();
            ArmLag.Observe(eventAt);
            Log.Armed(_logger, Id, _tap!.Name, cause, Took(took, eventAt));
        }
        else
        {
            Recorder?.Note(at ?? RealtimeClock.NowNanoseconds, $"disarmed: {cause}: {why}");
            var took = _forwarder.Disarm(at);
            DisarmLag.Observe(eventAt);
            Log.Disarmed(_logger, Id, cause, why, Took(took, eventAt));
        }

        (_cause, _since) = (cause, RealtimeClock.NowNanoseconds);
        OnState?.Invoke(this);
    }

    // How far the edge lags behind the event is what a user of stop and cont asks first.
    private static string Took(long nanoseconds, long? eventAt) => eventAt is { } at
        ? $"{nanoseconds / 1000} us, {(RealtimeClock.NowNanoseconds - at) / 1000} us after the event"
        : $"{nanoseconds / 1000} us";

    private RedirectorPhase Phase()
    {
        if (_forwarder.IsArmed)
            return RedirectorPhase.Armed;
        if (_stopping || !_draining.IsCompleted)
            return RedirectorPhase.Draining;
        return _vm is null or { Phase: VmPhase.Connecting or VmPhase.Gone } || _tap is null || _awaitsPeer
            ? RedirectorPhase.Waiting
            : RedirectorPhase.Disarmed;
    }

    /// <summary>Null while active, else the reason as an operator would say it.</summary>
    private string? WhyInactive()
    {
        if (_stopping)
            return "stopping";
        if (_vm is null or { Phase: VmPhase.Connecting })
            return "QMP is not connected yet";
        if (_vm.Phase == VmPhase.Gone)
            return "QEMU is gone";
        if (_tap is null)
            return "there is no TAP";
        if (_awaitsPeer)
            return "no peer has connected yet";
        if (Activation.IsActive(Options.Status, _vm.Running, Options.EnableWhenStopped, Options.DisableWhenRunning))
            return null;
        return Options.Status ? $"the VM is {_vm.RunStateText}" : "status is off";
    }
}
