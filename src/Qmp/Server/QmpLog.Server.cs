using Microsoft.Extensions.Logging;

namespace QmpRedirector.Qmp;

/// <summary>What the server logs: ids 1030 to 1059.</summary>
internal static partial class QmpLog
{
    [LoggerMessage(1030, LogLevel.Debug, "QMP server {Address}: listening")]
    public static partial void Listening(ILogger logger, QmpAddress address);

    [LoggerMessage(1031, LogLevel.Warning,
        "QMP server {Address}: {Bound} is not a loopback address, and whoever can reach it can give commands")]
    public static partial void NotLoopback(ILogger logger, QmpAddress address, string bound);

    [LoggerMessage(1032, LogLevel.Debug, "QMP server {Address}: replaced a socket file nobody answered on")]
    public static partial void StaleSocketReplaced(ILogger logger, QmpAddress address);

    [LoggerMessage(1033, LogLevel.Warning, "QMP server {Address}: refused a client, as {Limit} are connected")]
    public static partial void ClientRefused(ILogger logger, QmpAddress address, int limit);

    [LoggerMessage(1034, LogLevel.Warning, "QMP server {Address}: cannot accept a client, trying again in {Delay}")]
    public static partial void AcceptFailed(ILogger logger, QmpAddress address, TimeSpan delay, Exception exception);

    [LoggerMessage(1035, LogLevel.Warning, "QMP server {Address}: {Count} clients are still busy although the server ends: {Clients}")]
    public static partial void StillRunning(ILogger logger, QmpAddress address, int count, string clients);

    [LoggerMessage(1036, LogLevel.Trace, "QMP server {Address}: event {Name}")]
    public static partial void EventEmitted(ILogger logger, QmpAddress address, string name);

    [LoggerMessage(1040, LogLevel.Debug, "QMP {Client}: connected")]
    public static partial void ClientConnected(ILogger logger, string client);

    [LoggerMessage(1041, LogLevel.Debug, "QMP {Client}: left")]
    public static partial void ClientLeft(ILogger logger, string client);

    [LoggerMessage(1042, LogLevel.Warning, "QMP {Client}: does not read its events and is disconnected")]
    public static partial void ClientDoesNotRead(ILogger logger, string client);

    [LoggerMessage(1043, LogLevel.Error, "QMP {Client}: failed unexpectedly and is disconnected")]
    public static partial void ClientFailed(ILogger logger, string client, Exception exception);

    [LoggerMessage(1044, LogLevel.Trace, "QMP {Client}: {Command} executed")]
    public static partial void CommandExecuted(ILogger logger, string client, string command);

    [LoggerMessage(1045, LogLevel.Debug, "QMP {Client}: refused: {ErrorClass}: {Description}")]
    public static partial void RequestRefused(ILogger logger, string client, QmpErrorClass errorClass, string description);

    [LoggerMessage(1046, LogLevel.Error, "QMP {Client}: {Command} failed unexpectedly")]
    public static partial void HandlerFailed(ILogger logger, string client, string command, Exception exception);
}
