namespace QmpRedirector.Options;

/// <summary>Names an argument in a sentence: short where its type and id say which one it is.</summary>
internal static class OptionOrigin
{
    private const int Longest = 60;

    public static string Of(string option, string? type, string? id, string text) => (type, id) switch
    {
        (null or "", _) => $"{option} {Shown(text)}",
        (_, null or "") => $"{option} {Shown(type)}",
        _ => $"{option} {Shown(type)},id={Shown(id)}",
    };

    public static string Shown(string text) => text.Length switch
    {
        0 => "''",
        > Longest => string.Concat(text.AsSpan(0, Longest), "..."),
        _ => text,
    };
}
