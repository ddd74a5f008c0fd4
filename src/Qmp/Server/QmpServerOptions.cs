using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace QmpRedirector.Qmp;

/// <summary>How one <see cref="QmpServer"/> behaves.</summary>
public sealed record QmpServerOptions
{
    /// <summary>Where it listens; <c>fd:N</c> is an inherited socket that already listens.</summary>
    public required QmpAddress Address { get; init; }

    /// <summary>The version it reports.</summary>
    public required QmpVersion Version { get; init; }

    /// <summary>
    /// Bytes one client may leave unread. A client whose events do not fit is disconnected; one that leaves a quarter of it unread
    /// has no further requests read until it catches up.
    /// </summary>
    public int ClientQueueBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// Bytes of one request without the blanks between its tokens, at most 1 GiB. A longer one is answered with an error. The default is
    /// QEMU's (qobject/json-streamer.c: MAX_TOKEN_SIZE).
    /// </summary>
    public int MaxRequestBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Clients served at a time; a further one is told so and disconnected.</summary>
    public int MaxClients { get; init; } = 64;

    /// <summary>The clock of event timestamps and of the time a shutdown may take.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where the server logs; event ids 1030 to 1059.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
