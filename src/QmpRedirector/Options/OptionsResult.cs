namespace QmpRedirector.Options;

/// <param name="Value">Null exactly when there are errors.</param>
/// <param name="Errors">Every error, one sentence each.</param>
/// <param name="Warnings">What is accepted but hardly meant.</param>
internal sealed record OptionsResult<T>(T? Value, IReadOnlyList<string> Errors, IReadOnlyList<string> Warnings)
    where T : class
{
    public static OptionsResult<T> From(T? value, OptionReport report) =>
        new(report.Errors.Count == 0 ? value : null, report.Errors, report.Warnings);
}
