namespace QmpRedirector.Metrics;

/// <summary>Everything a scrape tells, at one moment.</summary>
internal sealed record MetricsSnapshot
{
    public required string Version { get; init; }

    public required bool QmpConnected { get; init; }

    public required long QmpReconnects { get; init; }

    public required bool VmRunning { get; init; }

    public required IReadOnlyList<RedirectorMetrics> Redirectors { get; init; }
}
