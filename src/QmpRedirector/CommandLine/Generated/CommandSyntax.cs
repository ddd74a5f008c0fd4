using System.CommandLine;

namespace QmpRedirector.CommandLine.Generated;

/// <summary>What a command line can consist of: the parser's options, with what help says of them.</summary>
/// <param name="Name">The command's; empty before any command.</param>
/// <param name="Summary">One sentence.</param>
/// <param name="Options">Those that help tells of.</param>
/// <param name="Arguments">For each, what it can be: <c>FILE</c>, <c>ADDR</c>, <c>CHARDEV</c>.</param>
internal sealed record CommandSyntax(
    string Name, string Summary, IReadOnlyList<OptionSyntax> Options, IReadOnlyList<IReadOnlyList<string>> Arguments)
{
    /// <summary>The keys of a chardev and the properties of an object, which are one option's value each.</summary>
    private const string ChardevOption = "--chardev";

    private const string ObjectOption = "--object";

    // Help has it in the title of both.
    private static readonly OptionRow _id = new("id=ID", "its name");

    /// <summary>The root's first, then each command's.</summary>
    public static IEnumerable<CommandSyntax> All(Command root) => root.Subcommands.Prepend(root).Select(command =>
    {
        OptionRow[] rows = [.. HelpText.Of(command).Rows];
        IEnumerable<Option> inherited = command == root ? [] : root.Options.Where(static option => option.Recursive);
        return new CommandSyntax(
            command == root ? "" : command.Name,
            command.Description ?? "",
            [.. command.Options.Concat(inherited).Select(option => OptionSyntax.Of(option, rows)).OfType<OptionSyntax>()],
            [.. command.Arguments.Select(static argument => (argument.HelpName ?? "FILE").Split('|'))]);
    });

    public static IReadOnlyList<OptionRow> ChardevKeys(Command root) => [_id, .. Group(root, ChardevOption).Rows];

    public static IReadOnlyList<OptionRow> ObjectProperties(Command root) => [_id, .. Group(root, ObjectOption).Rows];

    /// <summary>Does the group hold what is written in one option's value?</summary>
    public static bool IsOfValue(OptionGroup group) => IsOf(group, ChardevOption) || IsOf(group, ObjectOption);

    private static bool IsOf(OptionGroup group, string option) => group.Title.Contains($" of {option} ", StringComparison.Ordinal);

    private static OptionGroup Group(Command root, string option) =>
        root.Subcommands.SelectMany(static command => HelpText.Of(command).Groups).First(group => IsOf(group, option));
}
