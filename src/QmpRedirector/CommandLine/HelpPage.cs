using System.Globalization;
using System.Text;

namespace QmpRedirector.CommandLine;

/// <summary>The help of one command.</summary>
/// <param name="Introduction">"Usage: " and how to call it in one line, then what it does.</param>
/// <param name="Groups">What can be given to it.</param>
/// <param name="End">Examples: a caption ends in a colon, all else indented is to be typed.</param>
internal sealed record HelpPage(string Introduction, IReadOnlyList<OptionGroup> Groups, string End)
{
    // What a terminal has unless somebody made it wider; one column less, as some wrap in the last.
    private const int Width = 79;
    private const int TextColumn = 27;
    private const string UsageWord = "Usage: ";

    /// <summary>How to call it.</summary>
    public string Usage => Introduction.Split('\n')[0][UsageWord.Length..];

    /// <summary>What it does, without line breaks.</summary>
    public string Description => string.Join(' ', Introduction.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1));

    public IEnumerable<OptionRow> Rows => Groups.SelectMany(static group => group.Rows);

    /// <summary>As --help prints it.</summary>
    public override string ToString()
    {
        StringBuilder text = new(UsageWord);
        Append(text, Usage, UsageWord.Length, UsageWord.Length);
        text.Append('\n');
        Append(text, Description, 0, 0);
        text.Append('\n');
        foreach (OptionGroup group in Groups)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{group.Title}:\n");
            foreach (OptionRow row in group.Rows)
                Write(text, row);
        }

        return text.Append('\n').Append(End).ToString();
    }

    private static void Write(StringBuilder text, OptionRow row)
    {
        text.Append("  ").Append(row.Term);
        int column = row.Term.Length + 2;
        if (column + 1 > TextColumn)
        {
            text.Append('\n');
            column = 0;
        }

        text.Append(' ', TextColumn - column);
        Append(text, row.Text, TextColumn, TextColumn);
        text.Append('\n');
    }

    /// <summary>Appends words from a column on, the lines after the first indented.</summary>
    private static void Append(StringBuilder text, string words, int column, int indent)
    {
        int start = column;
        foreach (string word in words.Split(' '))
        {
            if (column > start && column + 1 + word.Length > Width)
            {
                text.Append('\n').Append(' ', indent);
                column = start = indent;
            }

            text.Append(column > start ? " " : "").Append(word);
            column += word.Length + (column > start ? 1 : 0);
        }
    }
}
