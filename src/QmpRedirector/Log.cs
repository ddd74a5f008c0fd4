using Microsoft.Extensions.Logging;
using QmpRedirector.Net;

namespace QmpRedirector;

/// <summary>
/// What the program says while it runs. Event ids are stable and never used again: 2000-2099 here, 2100-2199 Vm/VmLog, 1000-1099 the
/// QMP client.
/// </summary>
internal static partial class Log
{
    [LoggerMessage(2001, LogLevel.Information, "Ready: QMP negotiated, TAPs bound, chardevs open")]
    public static partial void Ready(ILogger logger);

    [LoggerMessage(2002, LogLevel.Information, "Ending: {Reason}")]
    public static partial void Ending(ILogger logger, string reason);

    [LoggerMessage(2003, LogLevel.Warning, "systemd is not told of {State}: NOTIFY_SOCKET cannot be used ({Problem})")]
    public static partial void NotNotified(ILogger logger, string state, string problem);

    [LoggerMessage(2004, LogLevel.Error, "This is a defect of qmp-redirector, please report it")]
    public static partial void Defect(ILogger logger, Exception exception);

    [LoggerMessage(2010, LogLevel.Information, "{Id}: armed on {Ifname} ({Cause}; {Took})")]
    public static partial void Armed(ILogger logger, string id, string ifname, string cause, string took);

    [LoggerMessage(2011, LogLevel.Information, "{Id}: disarmed ({Cause}: {Why}; {Took})")]
    public static partial void Disarmed(ILogger logger, string id, string cause, string why, string took);

    // 2012 was for a backlog smaller than asked for, when it was a receive buffer.
    [LoggerMessage(2013, LogLevel.Information, "{Id}: frames carry {Bytes} bytes of virtio-net header ({How})")]
    public static partial void VnetHeaderLength(ILogger logger, string id, int bytes, string how);

    [LoggerMessage(2020, LogLevel.Information, "{Id}: TAP {Ifname}, interface {Index} ({How})")]
    public static partial void TapBound(ILogger logger, string id, string ifname, int index, string how);

    [LoggerMessage(2021, LogLevel.Information, "{Id}: TAP {Ifname} has several queues; frames of all are captured, in the order the kernel sends them")]
    public static partial void TapIsMultiQueue(ILogger logger, string id, string ifname);

    [LoggerMessage(2022, LogLevel.Warning, "{Id}: {Sentence} Asking again every second.")]
    public static partial void NetdevAbsent(ILogger logger, string id, string sentence);

    [LoggerMessage(2023, LogLevel.Debug, "{Id}: a question to QEMU about the netdev failed: {Problem}")]
    public static partial void NetdevQueryFailed(ILogger logger, string id, string problem);

    [LoggerMessage(2030, LogLevel.Information, "{Id}: peer connected to chardev {Chardev} ({Filename})")]
    public static partial void PeerConnected(ILogger logger, string id, string? chardev, string filename);

    [LoggerMessage(2031, LogLevel.Warning, "{Id}: the peer of chardev {Chardev} is gone ({Reason}){Note}")]
    public static partial void PeerLost(ILogger logger, string id, string? chardev, PeerLoss reason, string note);

    [LoggerMessage(2032, LogLevel.Debug, "{Id}: chardev {Chardev}: {Problem}; trying again")]
    public static partial void PeerRefused(ILogger logger, string id, string? chardev, string problem);

    [LoggerMessage(2033, LogLevel.Warning, "{Id}: chardev {Chardev}: {Problem}; trying again")]
    public static partial void PeerNotAccepted(ILogger logger, string id, string? chardev, string problem);

    [LoggerMessage(2034, LogLevel.Information, "{Id}: waiting for a first peer on chardev {Chardev} ({Filename}), as wait=on says")]
    public static partial void WaitingForPeer(ILogger logger, string id, string? chardev, string filename);
    [LoggerMessage(2050, LogLevel.Information, "{Id}: added by object-add")]
    public static partial void ObjectAdded(ILogger logger, string id);

    [LoggerMessage(2051, LogLevel.Information, "Removed by object-del: {Report}")]
    public static partial void ObjectRemoved(ILogger logger, string report);

    [LoggerMessage(2040, LogLevel.Error, "{Id}: the account of frames does not balance ({Times} times): this is a defect of qmp-redirector, please report it")]
    public static partial void IdentitiesBroken(ILogger logger, string id, long times);

    [LoggerMessage(2060, LogLevel.Error, "--pcapng {Path}: recording has ended: {Problem}; frames are still forwarded, and those not recorded are counted")]
    public static partial void RecordingEnded(ILogger logger, string path, string problem);

    [LoggerMessage(2061, LogLevel.Information, "Metrics are served at {Address}, path /metrics")]
    public static partial void MetricsServed(ILogger logger, string address);

    [LoggerMessage(2062, LogLevel.Debug, "A scrape failed: {Problem}")]
    public static partial void ScrapeFailed(ILogger logger, string problem);
}
