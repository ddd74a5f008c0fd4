using System.Globalization;
using System.Text;

namespace QmpRedirector.CommandLine;

/// <summary>The help of one command.</summary>
/// <param name="Introduction">"Usage: " and how to call it in one line, then what it does.</param>
/// <param name="Groups">What can be given to it.</param>
/// <param name="End">Examples: a caption ends in a colon, all else indented is to be typed.</param>
internal sealed record HelpPage(string Introduction, IReadOnlyList<OptionGroup> Groups, string End)
{
    private const int TermWidth = 30;
    private const int Width = 121;
    private const string UsageWord = "Usage: ";

    /// <summary>How to call it.</summary>
    public string Usage => Introduction.Split('\n')[0][UsageWord.Length..];

    /// <summary>What it does, without line breaks.</summary>
    public string Description => string.Join(' ', Introduction.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1));

    public IEnumerable<OptionRow> Rows => Groups.SelectMany(static group => group.Rows);

    /// <summary>As --help prints it.</summary>
    public override string ToString()
    {
        StringBuilder text = new(Introduction);
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
        text.Append("  ").Append(row.Term.PadRight(TermWidth));
        if (row.Term.Length >= TermWidth)
            text.Append('\n').Append(' ', TermWidth + 2);
        int column = TermWidth + 2;
        foreach (string word in row.Text.Split(' '))
        {
            if (column + word.Length >= Width)
            {
                text.Append('\n').Append(' ', TermWidth + 2);
                column = TermWidth + 2;
            }

            text.Append(column == TermWidth + 2 ? "" : " ").Append(word);
            column += word.Length + 1;
        }

        text.Append('\n');
    }
}
