using QmpRedirector.Qmp;

namespace QmpRedirector.Options;

/// <summary>
/// Makes <see cref="CheckOptions"/> of the command line: the options of <c>run</c>, with the same sentences, and its own.
/// </summary>
internal static class CheckOptionsParser
{
    /// <param name="arguments">The command line.</param>
    /// <param name="readFile">Reads the configuration file.</param>
    public static OptionsResult<CheckOptions> Parse(CheckArguments arguments, Func<string, string> readFile)
    {
        OptionsResult<RunOptions> run = RunOptionsParser.Parse(arguments.Run, readFile);
        OptionReport report = new();
        QmpAddress? peer = null;
        if (arguments.Scalars.TryGetValue("peer-qmp", out string? text) &&
            (peer = AddressText.Qmp(text, out string sentence)) is null)
            report.Error($"--peer-qmp {OptionOrigin.Shown(text)}", sentence);
        string[] errors = [.. run.Errors, .. report.Errors];
        return new OptionsResult<CheckOptions>(
            errors.Length == 0 ? new CheckOptions(run.Value!, peer, arguments.Scalars.ContainsKey("json")) : null, errors, run.Warnings);
    }
}
