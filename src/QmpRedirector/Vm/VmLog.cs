using Microsoft.Extensions.Logging;
using QmpRedirector.Qmp;

namespace QmpRedirector.Vm;

/// <summary>What following a VM logs; event ids 2100 to 2199, never reused.</summary>
internal static partial class VmLog
{
    [LoggerMessage(2100, LogLevel.Information, "Waiting for QEMU to listen at {Address}: {Reason}")]
    public static partial void Waiting(ILogger logger, QmpAddress address, string reason);

    [LoggerMessage(2101, LogLevel.Information,
        "Following QEMU {Version} at {Address}, {Process}")]
    public static partial void Connected(ILogger logger, string version, QmpAddress address, string process);

    [LoggerMessage(2102, LogLevel.Information, "The VM is {RunState} ({Cause})")]
    public static partial void RunState(ILogger logger, string runState, string cause);

    [LoggerMessage(2103, LogLevel.Warning,
        "QMP at {Address} is lost ({Reason}): keeping the last run state, {RunState}, and connecting again")]
    public static partial void Lost(ILogger logger, QmpAddress address, QmpDisconnectReason reason, string runState);

    [LoggerMessage(2104, LogLevel.Information, "QEMU at {Address} is ending (SHUTDOWN), its QMP connection has closed")]
    public static partial void Ending(ILogger logger, QmpAddress address);

    [LoggerMessage(2105, LogLevel.Warning, "QMP at {Address} cannot be connected again yet: {Reason}")]
    public static partial void NotReconnected(ILogger logger, QmpAddress address, string reason);

    [LoggerMessage(2106, LogLevel.Information, "QEMU at {Address} has ended ({Process})")]
    public static partial void Gone(ILogger logger, QmpAddress address, string process);

    [LoggerMessage(2107, LogLevel.Warning, "The end of QEMU's process {Pid} cannot be watched ({Problem}): it is told from QMP alone")]
    public static partial void ProcessNotWatched(ILogger logger, int pid, string problem);

    [LoggerMessage(2108, LogLevel.Warning,
        "The STOP event carries {OffsetNanoseconds} ns against our clock: the time of its receipt is taken for the end of running")]
    public static partial void StopTimeRefused(ILogger logger, long offsetNanoseconds);

    [LoggerMessage(2109, LogLevel.Warning, "query-status contradicts itself ({Answer}): its status is believed")]
    public static partial void Contradiction(ILogger logger, string answer);

    [LoggerMessage(2110, LogLevel.Warning, "query-status has no answer, asking again: {Reason}")]
    public static partial void StatusUnanswered(ILogger logger, string reason);

    [LoggerMessage(2111, LogLevel.Warning, "query-status is refused, only events tell of the run state: {Reason}")]
    public static partial void StatusRefused(ILogger logger, string reason);

    [LoggerMessage(2112, LogLevel.Warning, "{Count} QMP events were lost unread: asking for the run state again")]
    public static partial void EventsLost(ILogger logger, long count);

    [LoggerMessage(2113, LogLevel.Debug, "Netdevs may have changed: {EventName}, {Netdev}")]
    public static partial void NicChanged(ILogger logger, string eventName, string netdev);
}
