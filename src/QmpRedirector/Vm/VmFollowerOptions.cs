using QmpRedirector.Qmp;

namespace QmpRedirector.Vm;

/// <summary>How a VM is followed.</summary>
internal sealed record VmFollowerOptions
{
    /// <summary>The QMP connection; its address is where every QEMU of this VM is looked for.</summary>
    public required QmpClientOptions Qmp { get; init; }

    /// <summary>How long the first QEMU may take to listen; may be <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
    public TimeSpan QmpTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Pause before a guest may say again that its receive filter changed: each saying costs QEMU a long answer.</summary>
    public TimeSpan RxFilterInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Least time from the beginning of one connection to that of the next, as a proxy whose QEMU is away may take each and end it at
    /// once; and pause before an unanswered query-status is repeated, as a client with too many commands unanswered refuses it at once.
    /// </summary>
    public TimeSpan RetryInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Pause before the run state is asked for again while it is one that QEMU may leave without an event.</summary>
    public TimeSpan TransientInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Completes when the process of that id has ended, at once when there is none; fails when it cannot be watched. Without it the end
    /// of QEMU is told from QMP alone.
    /// </summary>
    public Func<int, CancellationToken, Task>? ProcessExit { get; init; }

    /// <summary>Where QEMU's process is looked up.</summary>
    public ProcFs Proc { get; init; } = new();
}
