namespace QmpRedirector.Options;

/// <summary>What stands on the command line of <c>check</c>, not yet understood.</summary>
/// <param name="Run">The options of <c>run</c>.</param>
/// <param name="Scalars">Its own, by the name they have in <see cref="CheckSchema"/>; a flag is "on".</param>
internal sealed record CheckArguments(RunArguments Run, IReadOnlyDictionary<string, string> Scalars);
