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
            return [Unknown(result.UnmatchedTokens[0], "command")];
        return result.UnmatchedTokens.Select(static token => Unknown(token, "argument")).Concat(result.Errors.Select(Sentence));
    }

    /// <summary>One line for each, and where to read on.</summary>
    public static string Text(IEnumerable<string> sentences, string command)
    {
        StringBuilder text = new();
        foreach (string sentence in sentences)
            text.Append(Cli.Program).Append(": ").Append(sentence).Append('\n');
        return text.Append("Try '").Append(command).Append(" --help'\n").ToString();
    }

    private static string Unknown(string token, string kind) => token.StartsWith('-') && token.Length > 1
        ? $"unknown option '{token.Split('=')[0]}'"
        : $"unknown {kind} '{token}'";

    private static string Sentence(ParseError error) => error.SymbolResult switch
    {
        OptionResult { Tokens.Count: 0 } option => $"option '{option.Option.Name}' needs a value",
        OptionResult { Tokens.Count: > 1 } option => $"option '{option.Option.Name}' may be given only once",
        _ => error.Message,
    };
}
