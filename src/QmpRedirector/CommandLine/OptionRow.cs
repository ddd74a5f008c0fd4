using System.Collections.Immutable;

namespace QmpRedirector.CommandLine;

/// <summary>One line of help.</summary>
/// <param name="Term">What to type: <c>-h, --help</c>, <c>--pid FILE</c>, <c>queue=all|rx|tx</c>, or what stands for an argument.</param>
/// <param name="Text">What it does.</param>
internal sealed record OptionRow(string Term, string Text)
{
    /// <summary>The only values it can have, if that is so.</summary>
    public ImmutableArray<string> Values { get; init; } = [];

    /// <summary>How it can be typed, without its value.</summary>
    public IEnumerable<string> Names => Term.Split(", ").Select(static name => name.Split(' ', '=')[0]);

    /// <summary>What help calls its value: FILE, ADDR, on|off; empty if it takes none.</summary>
    public string ValueName => Term.IndexOfAny([' ', '='], Term.LastIndexOf(", ", StringComparison.Ordinal) + 2) is var end and >= 0
        ? Term[(end + 1)..]
        : "";

    public static implicit operator OptionRow((string Term, string Text) row) => new(row.Term, row.Text);
}
