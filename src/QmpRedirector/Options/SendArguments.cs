namespace QmpRedirector.Options;

/// <summary>What stands on the command line of <c>send</c>, not yet understood.</summary>
internal sealed record SendArguments
{
    /// <summary>A capture file, or "-".</summary>
    public string? File { get; init; }

    /// <summary>ADDR or a chardev.</summary>
    public string? Peer { get; init; }

    public bool VnetHdrSupport { get; init; }

    public string? VnetHdrLen { get; init; }

    public bool Realtime { get; init; }
}
