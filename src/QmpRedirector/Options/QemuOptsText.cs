using System.Text;

namespace QmpRedirector.Options;

/// <summary>
/// Takes <c>driver,key=value,flag,noflag</c> apart as QEMU's QemuOpts does (util/qemu-option.c). Nothing is a syntax error in that grammar:
/// what makes no sense becomes a key nobody knows.
/// </summary>
internal static class QemuOptsText
{
    /// <param name="text">The argument.</param>
    /// <param name="impliedKey">The key of a first value that is written without one.</param>
    public static List<OptionEntry> Parse(string text, string impliedKey)
    {
        List<OptionEntry> entries = [];
        int position = 0;
        while (position < text.Length)
        {
            int end = text.AsSpan(position).IndexOfAny('=', ',');
            end = end < 0 ? text.Length : position + end;
            if (end < text.Length && text[end] == '=')
            {
                string key = text[position..end];
                position = end + 1;
                entries.Add(OptionEntry.FromText(key, Value(text, ref position)));
            }
            else if (entries.Count == 0)
            {
                entries.Add(OptionEntry.FromText(impliedKey, Value(text, ref position)));
            }
            else
            {
                entries.Add(Flag(text[position..end]));
                position = end + 1;
            }
        }

        return entries;
    }

    /// <summary>Writes a value so that <see cref="Parse"/> reads it back.</summary>
    public static string Escape(string value) => value.Replace(",", ",,", StringComparison.Ordinal);

    private static string Value(string text, ref int position)
    {
        StringBuilder value = new();
        for (; position < text.Length; position++)
        {
            if (text[position] == ',' && (++position == text.Length || text[position] != ','))
                break;
            value.Append(text[position]);
        }

        return value.ToString();
    }

    // "delay" and "nodelay" are the exception QEMU makes: the option is called nodelay, so "nodelay" turns it on.
    private static OptionEntry Flag(string flag) => flag switch
    {
        "nodelay" => OptionEntry.FromText("nodelay", "on"),
        "delay" => OptionEntry.FromText("nodelay", "off"),
        _ when flag.StartsWith("no", StringComparison.Ordinal) => OptionEntry.FromText(flag[2..], "off"),
        _ => OptionEntry.FromText(flag, "on"),
    };
}
