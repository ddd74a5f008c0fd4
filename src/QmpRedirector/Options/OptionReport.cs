namespace QmpRedirector.Options;

/// <summary>Collects everything that is wrong, so that the user can mend it all at once.</summary>
internal sealed class OptionReport
{
    private readonly List<string> _errors = [];
    private readonly List<string> _warnings = [];

    public IReadOnlyList<string> Errors => _errors;

    public IReadOnlyList<string> Warnings => _warnings;

    /// <param name="origin">Which argument is meant; empty where only one can be.</param>
    /// <param name="sentence">What is wrong with it.</param>
    public void Error(string origin, string sentence) => Error(origin.Length == 0 ? sentence : $"{origin}: {sentence}");

    public void Error(string sentence) => _errors.Add(Printable(sentence));

    public void Warning(string origin, string sentence) => _warnings.Add(Printable($"{origin}: {sentence}"));

    // What the user gave is quoted in sentences: each stays one line and cannot drive the terminal.
    private static string Printable(string text) =>
        string.Create(text.Length, text, static (line, from) =>
        {
            for (int i = 0; i < line.Length; i++)
                line[i] = char.IsControl(from[i]) ? '?' : from[i];
        });
}
