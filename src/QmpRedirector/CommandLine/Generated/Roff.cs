using System.Text;
using System.Text.RegularExpressions;

namespace QmpRedirector.CommandLine.Generated;

/// <summary>Writes man(7) source that groff and mandoc both take.</summary>
internal sealed partial class Roff
{
    private const int Width = 78;

    private readonly StringBuilder _text = new();

    // A heading begins a paragraph by itself.
    private bool _afterHeading;

    public override string ToString() => _text.ToString();

    /// <summary>A macro, with arguments that are escaped already.</summary>
    public Roff Macro(string line)
    {
        _text.Append(line).Append('\n');
        _afterHeading = false;
        return this;
    }

    public Roff Section(string title) => Heading($".SH {title.ToUpperInvariant()}");

    public Roff Subsection(string title) => Heading($".SS \"{title}\"");

    public Roff Paragraph(string text) => NewParagraph().Prose(text);

    /// <summary>An item of a list: a term as it is typed, and what it means.</summary>
    public Roff Item(string term, string text) => Macro(".TP").Macro(Typed(term)).Prose(text);

    /// <summary>Lines as they stand.</summary>
    public Roff Example(IEnumerable<string> lines)
    {
        NewParagraph().Macro(".RS 4").Macro(".EX");
        foreach (string line in lines)
            Macro(Guarded(Escaped(line).Replace("-", "\\-", StringComparison.Ordinal)));
        return Macro(".EE").Macro(".RE");
    }

    /// <summary>Text, filled; in it, what begins with a dash is an option.</summary>
    private Roff Prose(string text)
    {
        int column = 0;
        StringBuilder line = new();
        foreach (string word in text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            string escaped = Option().Replace(Escaped(word), static match => match.Value.Replace("-", "\\-", StringComparison.Ordinal));
            // What is typed is not torn at its dashes, nor hyphenated.
            if (escaped.IndexOfAny(['-', '_', '=']) >= 0)
                escaped = "\\%" + escaped;
            if (column > 0 && column + 1 + escaped.Length > Width)
            {
                Macro(Guarded(line.ToString()));
                line.Clear();
                column = 0;
            }

            line.Append(column > 0 ? " " : "").Append(escaped);
            column = line.Length;
        }

        return Macro(Guarded(line.ToString()));
    }

    /// <summary>What is typed in bold, what stands for something in italics, what is neither in roman.</summary>
    public static string Typed(string text) => Token().Replace(text, static match =>
    {
        string token = Escaped(match.Value).Replace("-", "\\-", StringComparison.Ordinal);
        return (char.IsAsciiLetterUpper(match.Value[0]) ? "\\fI" : "\\fB") + token + "\\fR";
    });

    private Roff Heading(string line)
    {
        Macro(line);
        _afterHeading = true;
        return this;
    }

    private Roff NewParagraph() => _afterHeading ? this : Macro(".PP");

    private static string Escaped(string text) => text
        .Replace("\\", "\\e", StringComparison.Ordinal)
        .Replace("'", "\\(aq", StringComparison.Ordinal)
        .Replace("`", "\\(ga", StringComparison.Ordinal)
        .Replace("^", "\\(ha", StringComparison.Ordinal)
        .Replace("~", "\\(ti", StringComparison.Ordinal);

    // At the beginning of a line a dot is a request's.
    private static string Guarded(string line) => line.StartsWith('.') ? "\\&" + line : line;

    [GeneratedRegex(@"(?<![A-Za-z0-9])--?[a-z][a-z0-9-]*")]
    private static partial Regex Option();

    [GeneratedRegex(@"[A-Z][A-Z-]*|-*[a-z0-9][a-z0-9_=.-]*|(?<=\|)-(?=[|\]])")]
    private static partial Regex Token();
}
