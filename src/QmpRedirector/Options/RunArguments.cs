namespace QmpRedirector.Options;

/// <summary>What stands on the command line of <c>run</c>, not yet understood.</summary>
internal sealed record RunArguments
{
    public IReadOnlyList<string> Chardevs { get; init; } = [];

    public IReadOnlyList<string> Objects { get; init; } = [];

    /// <summary>REDIRECTOR=N each.</summary>
    public IReadOnlyList<string> PacketFds { get; init; } = [];

    public string? Config { get; init; }

    /// <summary>The options that are one value each, by the name they have in <see cref="RunSchema"/>; a flag is "on".</summary>
    public IReadOnlyDictionary<string, string> Scalars { get; init; } = new Dictionary<string, string>();
}
