using System.Text.Json;
using QmpRedirector.Qmp;

namespace QmpRedirector.Vm;

/// <summary>
/// The run state as the wire tells it. STOP and RESUME set it at once and an answer to <c>query-status</c> corrects it; whichever the
/// server wrote last wins, in whatever order the two reach this process's threads.
/// </summary>
internal sealed class RunStateTracker
{
    private const string RunningState = "running";

    private long _sequence;

    /// <summary>QEMU's RunState; null when only a STOP has told of it, which does not name the state.</summary>
    public string? RunState { get; private set; }

    /// <summary>Whether the run state is "running".</summary>
    public bool Running { get; private set; }

    /// <summary>
    /// Whether QEMU leaves this run state of itself and perhaps without an event: migration's end (finish-migrate to postmigrate,
    /// migration/migration.c) and an incoming VM that stays stopped (inmigrate to paused) have one only with the capability "events".
    /// </summary>
    public bool IsTransient => RunState is "inmigrate" or "finish-migrate" or "save-vm" or "restore-vm" or "colo";

    /// <summary>A new connection counts its messages anew; the last known state stands until something is told there.</summary>
    public void StartConnection() => _sequence = 0;

    /// <summary>Forgets the state: QEMU ended.</summary>
    public void Clear() => (_sequence, RunState, Running) = (0, null, false);

    /// <summary>Takes a STOP or RESUME; any other event says nothing. Returns false when something later is known already.</summary>
    public bool Apply(QmpEvent told) => told.Name switch
    {
        "STOP" => Set(told.Sequence, null),
        // RESUME is emitted before the state is set, and on QEMU 10 it may leave "suspended" (system/runstate.c): the answer will say.
        "RESUME" => Set(told.Sequence, RunningState),
        _ => false,
    };

    /// <summary>Takes an answer to <c>query-status</c>. Returns false when something later is known, or it names no state.</summary>
    public bool Apply(QmpReply reply) => reply.Return.Member("status").Text() is { } state && Set(reply.Sequence, state);

    /// <summary>Whether the answer's two members contradict each other; <c>status</c> is believed.</summary>
    public static bool IsContradictory(QmpReply reply) => reply.Return.Member("running").ValueKind switch
    {
        JsonValueKind.True => reply.Return.Member("status").Text() != RunningState,
        JsonValueKind.False => reply.Return.Member("status").Text() == RunningState,
        _ => false,
    };

    private bool Set(long sequence, string? runState)
    {
        if (sequence <= _sequence)
            return false;
        _sequence = sequence;
        RunState = runState;
        Running = runState == RunningState;
        return true;
    }
}
