using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;

namespace QmpRedirector.CommandLine;

/// <summary>What is wrong with a command line before its options' values are looked at, in our words.</summary>
internal static class UsageErrors
{
    public static IEnumerable<string> Of(ParseResult result, bool isRoot)
    {
        // Without a command nothing after the first word can be judged.
        if (isRoot)
            return [Unknown(result.UnmatchedTokens[0])];
        return result.UnmatchedTokens.Select(Unexpected)
            .Concat(result.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => MistakenOptions(result, argument)))
            .Concat(result.CommandResult.Children.OfType<OptionResult>().SelectMany(SwallowedOptions))
            .Concat(result.Errors.Select(Sentence));
    }

    /// <summary>A first word that is no command.</summary>
    public static string Unknown(string token) => IsOption(token) ? UnknownOption(token) : $"unknown command '{token}'";

    /// <summary>One line for each, and where to read on.</summary>
    public static string Text(IEnumerable<string> sentences, string command)
    {
        StringBuilder text = new();
        foreach (string sentence in sentences)
            text.Append(Cli.Program).Append(": ").Append(sentence).Append('\n');
        return text.Append("Try '").Append(command).Append(" --help'\n").ToString();
    }

    // The parser takes an option it does not know for an argument where one may stand; only "--" before it says that it is one.
    private static IEnumerable<string> MistakenOptions(ParseResult result, ArgumentResult argument) =>
        result.Tokens.Any(static token => token.Type == TokenType.DoubleDash)
            ? []
            : argument.Tokens.Select(static token => token.Value).Where(IsOption).Select(UnknownOption);

    // ... and the next option for the value of one that has none.
    private static IEnumerable<string> SwallowedOptions(OptionResult option) => option.Tokens
        .Where(static token => token.Value.StartsWith("--", StringComparison.Ordinal))
        .Select(token => $"option '{option.Option.Name}' needs a value, which '{token.Value}' is not");

    private static string Sentence(ParseError error) => error.SymbolResult switch
    {
        OptionResult { Tokens.Count: 0 } option => $"option '{option.Option.Name}' needs a value",
        OptionResult { Tokens.Count: > 1 } option => $"option '{option.Option.Name}' may be given only once",
        _ => error.Message,
    };

    private static string Unexpected(string token) => IsOption(token) ? UnknownOption(token) : $"unexpected argument '{token}'";

    private static string UnknownOption(string token) => $"unknown option '{token.Split('=')[0]}'";

    private static bool IsOption(string token) => token.Length > 1 && token[0] == '-';
}
