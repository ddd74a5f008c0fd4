namespace QmpRedirector.Vm;

/// <summary>What is known of the VM after one change.</summary>
/// <param name="Phase">How well it is known.</param>
/// <param name="RunState">QEMU's RunState; null from a STOP event, which does not name it, to the answer that does, and once gone.</param>
/// <param name="Running">Whether the run state is "running"; the last known one while <see cref="VmPhase.Lost"/>.</param>
/// <param name="ChangedAtNanoseconds">
/// When <paramref name="Running"/> last changed, CLOCK_REALTIME in ns since the epoch, comparable with the kernel's frame timestamps:
/// the STOP event's own time when that closed it, else the time of receipt. Never later than the snapshot itself.
/// </param>
/// <param name="EventAtNanoseconds">The time the event itself carries that told of this, on the same clock; null when it was no event.</param>
/// <param name="Cause">What was learned from, for people: "STOP event", "query-status", "QMP reconnected", "QEMU exited" ...</param>
/// <param name="QemuPid">QEMU's process in our PID namespace; null when it cannot be told.</param>
/// <param name="Generation">Counts QEMU processes, from 1; 0 before the first.</param>
internal sealed record VmSnapshot(
    VmPhase Phase,
    string? RunState,
    bool Running,
    long ChangedAtNanoseconds,
    long? EventAtNanoseconds,
    string Cause,
    int? QemuPid,
    long Generation)
{
    /// <summary>The run state for people.</summary>
    public string RunStateText => RunState ?? (Running ? "running" : "stopped");
}
