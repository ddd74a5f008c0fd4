using System.Collections.Immutable;
using System.CommandLine;

namespace QmpRedirector.CommandLine.Generated;

/// <param name="Names">Every spelling.</param>
/// <param name="Help">What it does.</param>
/// <param name="ValueName">What its value is: FILE, ADDR, OPTS, ...; empty for a flag.</param>
/// <param name="Values">The only values it can have, if that is so.</param>
/// <param name="Repeats">It may be given several times.</param>
internal sealed record OptionSyntax(
    ImmutableArray<string> Names, string Help, string ValueName, ImmutableArray<string> Values, bool Repeats)
{
    /// <param name="option">The parser's.</param>
    /// <param name="rows">The help of its command.</param>
    /// <returns>Null for one that help does not tell of: it is known only to be refused.</returns>
    public static OptionSyntax? Of(Option option, IEnumerable<OptionRow> rows)
    {
        if (rows.FirstOrDefault(row => row.Names.Contains(option.Name)) is not OptionRow row)
            return null;
        bool isFlag = option.Arity.MaximumNumberOfValues == 0;
        return new OptionSyntax(
            [option.Name, .. option.Aliases.Where(alias => alias != option.Name)],
            row.Text,
            isFlag ? "" : row.ValueName,
            isFlag ? [] : row.Values,
            option.Arity.MaximumNumberOfValues > 1);
    }
}
