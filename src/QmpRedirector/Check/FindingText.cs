using System.Text;

namespace QmpRedirector.Check;

/// <summary>Writes findings for people: a line each, wrapped, with its remedy beneath, and the verdict at the end.</summary>
internal static class FindingText
{
    private const int Width = 80;
    private const int MarkWidth = 6;
    private const int WidestSubject = 18;
    private const string RemedyMark = "-> ";

    /// <param name="findings">In order.</param>
    /// <param name="isColoured">Marks in colour, for a terminal.</param>
    public static string Write(IReadOnlyList<Finding> findings, bool isColoured)
    {
        var text = new StringBuilder();
        var subjectWidth = findings.Select(static finding => finding.Subject.Length).Where(static length => length <= WidestSubject)
            .DefaultIfEmpty(0).Max();
        var margin = MarkWidth + subjectWidth + 2;
        foreach (var finding in findings)
        {
            text.Append(Coloured(finding.Mark, isColoured)).Append(finding.Subject.PadRight(subjectWidth + 2));
            if (finding.Subject.Length > subjectWidth)
                text.Append('\n').Append(' ', margin);
            Wrap(text, finding.Text, margin);
            if (finding.Remedy is { } remedy)
            {
                text.Append(' ', margin).Append(RemedyMark);
                Wrap(text, remedy, margin + RemedyMark.Length);
            }
        }

        Wrap(text, Verdict(findings), 0);
        return text.ToString();
    }

    public static string Name(Mark mark) => mark switch
    {
        Mark.Ok => "ok",
        Mark.Warn => "warn",
        _ => "FAIL",
    };

    private static string Coloured(Mark mark, bool isColoured)
    {
        var name = Name(mark);
        if (!isColoured)
            return name.PadRight(MarkWidth);
        var colour = mark switch
        {
            Mark.Ok => "\e[32m",
            Mark.Warn => "\e[33m",
            _ => "\e[1;31m",
        };
        return $"{colour}{name}\e[0m".PadRight(MarkWidth + colour.Length + "\e[0m".Length);
    }

    private static string Verdict(IReadOnlyList<Finding> findings)
    {
        var warnings = findings.Count(static finding => finding.Mark == Mark.Warn);
        var failures = findings.Count(static finding => finding.Mark == Mark.Fail);
        return (failures, warnings) switch
        {
            (0, 0) => "All is well: 'run' would work.",
            (0, 1) => "'run' would work, with the warning above.",
            (0, _) => $"'run' would work, with the {warnings} warnings above.",
            (1, _) => "'run' would not work: see FAIL above.",
            _ => $"'run' would not work: see the {failures} FAIL above.",
        };
    }

    private static void Wrap(StringBuilder text, string words, int margin)
    {
        var column = margin;
        foreach (var word in words.Split(' '))
        {
            if (column > margin && column + 1 + word.Length > Width)
            {
                text.Append('\n').Append(' ', margin);
                column = margin;
            }
            else if (column > margin)
            {
                text.Append(' ');
                column++;
            }

            text.Append(word);
            column += word.Length;
        }

        text.Append('\n');
    }
}
