using System.Text;

namespace QmpRedirector.Benchmarks.Reporting;

/// <summary>A Markdown table that can be read as it is: columns are as wide as their widest cell, numbers stand at the right.</summary>
internal sealed class Table(params string[] titles)
{
    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells)
    {
        if (cells.Length != titles.Length) throw new ArgumentException($"{cells.Length} cells for {titles.Length} columns", nameof(cells));
        _rows.Add(cells);
    }

    public override string ToString()
    {
        var widths = titles.Select((title, column) => _rows.Select(row => row[column].Length).Append(title.Length).Max()).ToArray();
        var text = new StringBuilder();
        Append(text, titles, widths);
        text.Append('|')
            .AppendJoin('|', widths.Select((width, column) => new string('-', width + 1) + (column == 0 ? '-' : ':')))
            .Append("|\n");
        foreach (var row in _rows) Append(text, row, widths);
        return text.ToString();
    }

    private static void Append(StringBuilder text, string[] cells, int[] widths) => text.Append("| ")
        .AppendJoin(" | ", cells.Select((cell, column) => column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column])))
        .Append(" |\n");
}
