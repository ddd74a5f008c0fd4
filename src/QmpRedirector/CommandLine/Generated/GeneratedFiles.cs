using System.CommandLine;

namespace QmpRedirector.CommandLine.Generated;

/// <summary>
/// What <c>--generate</c> prints: the files of the repository that are made from the option tables. It is not in help, as packages ship
/// the files.
/// </summary>
internal static class GeneratedFiles
{
    /// <summary>The first line of each says this.</summary>
    public const string Notice = "Made by 'qmp-redirector --generate' from the option tables; a test keeps it up to date.";

    /// <returns>Null for a kind that does not exist.</returns>
    public static string? Of(string kind, Command root) => kind switch
    {
        "bash" => BashCompletion.Of(root),
        "zsh" => ZshCompletion.Of(root),
        "man" => ManPage.Of(root),
        _ => null,
    };
}
