using QmpRedirector.Net;
using QmpRedirector.Redirectors;

namespace QmpRedirector.Metrics;

/// <summary>What is told of one redirector.</summary>
internal sealed record RedirectorMetrics
{
    public required string Id { get; init; }

    public required string Netdev { get; init; }

    public required RedirectorState State { get; init; }

    public required ForwarderSnapshot Account { get; init; }

    public required EventLag ArmLag { get; init; }

    public required EventLag DisarmLag { get; init; }

    /// <summary>Frames in the recording and forwarded frames not in it; null without <c>--pcapng</c>.</summary>
    public (long Recorded, long Lost)? Recording { get; init; }
}
