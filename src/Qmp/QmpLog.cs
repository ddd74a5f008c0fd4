using Microsoft.Extensions.Logging;

namespace QmpRedirector.Qmp;

/// <summary>
/// Everything the library logs. Ids 1000 to 1099, stable, never used again for something else. Only a fault of the library comes with its
/// exception: what peers do is told in one line.
/// </summary>
internal static partial class QmpLog
{
    [LoggerMessage(1000, LogLevel.Trace, "QMP {Address}: connecting")]
    public static partial void Connecting(ILogger logger, QmpAddress address);

    [LoggerMessage(1001, LogLevel.Debug, "QMP {Address}: connected to QEMU {Major}.{Minor}.{Micro} {Package}, out-of-band {OutOfBand}")]
    public static partial void Connected(
        ILogger logger, QmpAddress address, int major, int minor, int micro, string package, bool outOfBand);

    [LoggerMessage(1002, LogLevel.Debug, "QMP {Address}: disconnected, {Reason}: {Problem}")]
    public static partial void Disconnected(ILogger logger, QmpAddress address, QmpDisconnectReason reason, string problem);

    [LoggerMessage(1003, LogLevel.Error, "QMP {Address}: the peer broke the protocol, the connection ends: {Problem}")]
    public static partial void ProtocolBroken(ILogger logger, QmpAddress address, string problem);

    [LoggerMessage(1004, LogLevel.Error, "QMP {Address}: the connection failed unexpectedly")]
    public static partial void Failed(ILogger logger, QmpAddress address, Exception exception);

    [LoggerMessage(1005, LogLevel.Debug, "QMP {Address}: attempt {Attempt} failed, trying again in {Delay}: {Problem}")]
    public static partial void Retrying(ILogger logger, QmpAddress address, int attempt, TimeSpan delay, string problem);

    [LoggerMessage(1010, LogLevel.Trace, "QMP {Address}: {Command} sent with id {Id}")]
    public static partial void CommandSent(ILogger logger, QmpAddress address, string command, long id);

    [LoggerMessage(1011, LogLevel.Trace, "QMP {Address}: {Command} with id {Id} returned, message {Sequence}")]
    public static partial void CommandReturned(ILogger logger, QmpAddress address, string command, long id, long sequence);

    [LoggerMessage(1012, LogLevel.Debug, "QMP {Address}: {Command} with id {Id} failed: {ErrorClass}: {Description}")]
    public static partial void CommandFailed(
        ILogger logger, QmpAddress address, string command, long id, string errorClass, string description);

    [LoggerMessage(1013, LogLevel.Warning, "QMP {Address}: {Command} with id {Id} had no reply within {Timeout}")]
    public static partial void CommandTimedOut(ILogger logger, QmpAddress address, string command, long id, TimeSpan timeout);

    [LoggerMessage(1014, LogLevel.Debug, "QMP {Address}: late reply to {Command} with id {Id} ignored")]
    public static partial void LateReplyIgnored(ILogger logger, QmpAddress address, string command, long id);

    [LoggerMessage(1015, LogLevel.Warning, "QMP {Address}: reply to no command of ours ignored, message {Sequence}, id {Id}")]
    public static partial void UnknownReplyIgnored(ILogger logger, QmpAddress address, long sequence, string? id);

    [LoggerMessage(1016, LogLevel.Debug, "QMP {Address}: the peer takes no more commands, reading what it had sent: {Problem}")]
    public static partial void SendingEnded(ILogger logger, QmpAddress address, string problem);

    [LoggerMessage(1020, LogLevel.Trace, "QMP {Address}: event {Name}, message {Sequence}")]
    public static partial void EventReceived(ILogger logger, QmpAddress address, string name, long sequence);

    [LoggerMessage(1021, LogLevel.Warning, "QMP {Address}: a listener is not read fast enough and drops events, since {Name}")]
    public static partial void EventDropped(ILogger logger, QmpAddress address, string name);

    [LoggerMessage(1022, LogLevel.Warning, "QMP {Address}: message {Sequence} is neither an event nor a reply, ignored")]
    public static partial void MessageIgnored(ILogger logger, QmpAddress address, long sequence);
}
