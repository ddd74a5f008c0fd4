using System.CommandLine;
using QmpRedirector.CommandLine.Generated;
using QmpRedirector.Options;

namespace QmpRedirector.CommandLine;

/// <summary>The command line: 0 is a clean end, 1 a failure at run time, 2 a wrong command line.</summary>
internal static class Cli
{
    public const string Program = "qmp-redirector";
    private const int UsageError = 2;

    /// <summary>
    /// After SIGTERM or SIGINT the process is gone within a second, also where nobody reads what it writes; its exit code is 143 or 130 then.
    /// </summary>
    private static readonly TimeSpan _endOfItself = TimeSpan.FromMilliseconds(950);

    /// <summary>
    /// <c>run</c> keeps deadlines of its own within that second. Where the machine is too busy for them, an exit code of 0 and the account
    /// are worth more than to be in time.
    /// </summary>
    private static readonly TimeSpan _endOfRun = TimeSpan.FromSeconds(5);

    public static string Version { get; } = typeof(Cli).Assembly.GetName().Version!.ToString(3);

    /// <param name="args">Without the program's name.</param>
    /// <param name="run">What <c>run</c> does once its options are right.</param>
    /// <param name="check">What <c>check</c> does once its options are right.</param>
    /// <param name="decode">What <c>decode</c> does once its options are right.</param>
    /// <param name="send">What <c>send</c> does once its options are right.</param>
    /// <param name="status">What <c>status</c> does once its options are right.</param>
    /// <param name="output">Takes what is asked for: help, version, capabilities, generated files.</param>
    /// <param name="error">Takes errors and warnings.</param>
    /// <returns>The exit code.</returns>
    public static Task<int> InvokeAsync(
        IReadOnlyList<string> args,
        Func<RunOptions, CancellationToken, Task<int>> run,
        Func<CheckOptions, CancellationToken, Task<int>> check,
        Func<DecodeOptions, CancellationToken, Task<int>> decode,
        Func<SendOptions, CancellationToken, Task<int>> send,
        Func<StatusOptions, CancellationToken, Task<int>> status,
        TextWriter output,
        TextWriter error)
    {
        RunCommand runCommand = new();
        CheckCommand checkCommand = new();
        DecodeCommand decodeCommand = new();
        SendCommand sendCommand = new();
        StatusCommand statusCommand = new();
        Option<bool> help = new("--help", "-h") { Recursive = true, Arity = ArgumentArity.Zero };
        Option<bool> version = new("--version") { Arity = ArgumentArity.Zero };
        Option<bool> capabilities = new("--print-capabilities") { Arity = ArgumentArity.Zero };
        Option<string?> generate = new("--generate") { Hidden = true };
        RootCommand root = new() { runCommand, checkCommand, statusCommand, decodeCommand, sendCommand };
        root.TreatUnmatchedTokensAsErrors = false;
        // An argument means what it says: no [directives], no @response files, no -abc for -a -b -c.
        root.Directives.Clear();
        root.Options.Clear();
        root.Options.Add(help);
        root.Options.Add(version);
        root.Options.Add(capabilities);
        root.Options.Add(generate);
        // The parser drops a first word in brackets even where it knows no directives.
        if (args is [['[', ..] bracketed, ..])
            return Print(error, UsageErrors.Text([UsageErrors.Unknown(bracketed)], Program), UsageError);
        ParseResult result = root.Parse(args, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });

        Command command = result.CommandResult.Command;
        if (result.GetResult(help) is { Implicit: false })
            return Print(output, HelpText.Of(command).ToString(), 0);
        if (result.GetResult(version) is { Implicit: false })
            return Print(output, $"{Program} {Version}\n", 0);
        if (result.GetResult(capabilities) is { Implicit: false })
            return Print(output, Capabilities.Of(root), 0);
        if (result.GetResult(generate) is { Tokens: [var what] } && GeneratedFiles.Of(what.Value, root) is string file)
            return Print(output, file, 0);
        if (command == root && result.UnmatchedTokens.Count == 0)
            return Print(error, HelpText.Of(root).ToString(), UsageError);

        List<string> errors = [.. UsageErrors.Of(result, isRoot: command == root)];
        if (command == runCommand)
            SetAction(RunOptionsParser.Parse(runCommand.Read(result), ReadFile), run);
        else if (command == checkCommand)
            SetAction(CheckOptionsParser.Parse(checkCommand.ReadCheck(result), ReadFile), check);
        else if (command == decodeCommand)
            SetAction(DecodeOptionsParser.Parse(decodeCommand.Read(result)), decode);
        else if (command == sendCommand)
            SetAction(SendOptionsParser.Parse(sendCommand.Read(result)), send);
        else if (command == statusCommand)
            SetAction(statusCommand.Read(result), status);
        if (errors.Count > 0)
            return Print(error, UsageErrors.Text(errors, command == root ? Program : $"{Program} {command.Name}"), UsageError);
        return result.InvokeAsync(new InvocationConfiguration
        {
            Output = output,
            Error = error,
            ProcessTerminationTimeout = command == runCommand ? _endOfRun : _endOfItself,
        });

        void SetAction<T>(OptionsResult<T> options, Func<T, CancellationToken, Task<int>> action)
            where T : class
        {
            errors.AddRange(options.Errors);
            command.SetAction((_, cancellation) =>
            {
                foreach (string warning in options.Warnings)
                    error.WriteLine($"{Program}: warning: {warning}");
                return action(options.Value!, cancellation);
            });
        }
    }

    // .NET would say of a directory that access is denied.
    private static string ReadFile(string path) =>
        Directory.Exists(path) ? throw new IOException("it is a directory") : File.ReadAllText(path);

    private static async Task<int> Print(TextWriter writer, string text, int exitCode)
    {
        await writer.WriteAsync(text);
        return exitCode;
    }
}
