using Microsoft.Extensions.Logging;
using QmpRedirector.Net;
using QmpRedirector.Qmp;

namespace QmpRedirector.Options;

/// <summary>Everything <c>run</c> was told, checked.</summary>
internal sealed record RunOptions
{
    /// <summary>QEMU's QMP socket.</summary>
    public required QmpAddress Qmp { get; init; }

    public required IReadOnlyList<ChardevOptions> Chardevs { get; init; }

    /// <summary>At least one; their outdevs name <see cref="Chardevs"/>, each at most once.</summary>
    public required IReadOnlyList<RedirectorOptions> Redirectors { get; init; }

    /// <summary>Where to serve QMP; null: nowhere.</summary>
    public QmpAddress? Control { get; init; }

    public string? PidFile { get; init; }

    /// <summary>Where metrics are served: a Unix socket, TCP on loopback, or a listener this process was started with.</summary>
    public ChardevAddress? Metrics { get; init; }

    /// <summary>What is forwarded is recorded here.</summary>
    public string? PcapngFile { get; init; }

    public bool OneOff { get; init; }

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    public LogFormat LogFormat { get; init; } = LogFormat.Text;

    /// <summary>How long the QMP socket may be absent at start; <see cref="Timeout.InfiniteTimeSpan"/>: for ever.</summary>
    public TimeSpan QmpTimeout { get; init; } = TimeSpan.FromSeconds(30);

    public bool WaitNetdev { get; init; }
}
