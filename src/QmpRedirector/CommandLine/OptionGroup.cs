namespace QmpRedirector.CommandLine;

/// <summary>A titled part of a command's help.</summary>
/// <param name="Title">Without a colon.</param>
/// <param name="Rows">What to type, and what it does.</param>
internal sealed record OptionGroup(string Title, IReadOnlyList<OptionRow> Rows);
