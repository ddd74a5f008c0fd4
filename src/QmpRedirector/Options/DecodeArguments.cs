namespace QmpRedirector.Options;

/// <summary>What stands on the command line of <c>decode</c>, not yet understood.</summary>
internal sealed record DecodeArguments
{
    /// <summary>FILE, "-", ADDR or a chardev; null is "-".</summary>
    public string? Input { get; init; }

    public bool VnetHdrSupport { get; init; }

    public string? VnetHdrLen { get; init; }

    public string? WriteFile { get; init; }

    public string? Count { get; init; }
}
