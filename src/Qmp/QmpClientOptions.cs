using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace QmpRedirector.Qmp;

/// <summary>How one <see cref="QmpClient"/> behaves. Every time span may be <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
public sealed record QmpClientOptions
{
    /// <summary>The QMP server.</summary>
    public required QmpAddress Address { get; init; }

    /// <summary>How long the socket may take to connect.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the server may take to greet: a busy monitor accepts a second client and never greets it.</summary>
    public TimeSpan GreetingTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a command may wait for its reply, the time to write it included.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Sends a command, out of band or not, only when the one before has its reply or has waited <see cref="CommandTimeout"/> for it.
    /// QEMU executes commands one after the other anyway; libvirt's virt-qemu-qmp-proxy answers none any more once two have come together.
    /// </summary>
    public bool OneAtATime { get; init; }

    /// <summary>
    /// Longest message taken, in bytes, at most 1 GiB. QEMU limits its input to as much (qobject/json-streamer.c), not its output.
    /// </summary>
    public int MaxMessageBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Events one listener holds unread before it drops its oldest.</summary>
    public int EventQueueCapacity { get; init; } = 1024;

    /// <summary>The clock of all timeouts and of the back-off.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where the client logs; event ids 1000 to 1099.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
