using QmpRedirector.Check;
using QmpRedirector.CommandLine;
using QmpRedirector.Net.Interop;
using QmpRedirector.Options;
using QmpRedirector.Vm;

namespace QmpRedirector.Running;

/// <summary>What <c>qmp-redirector check</c> does: looks everything up, judges it, and tells.</summary>
internal static class CheckAction
{
    public static async Task<int> InvokeAsync(CheckOptions options, CancellationToken cancellationToken)
    {
        try
        {
            var findings = Checks.Run(await CheckSurvey.RunAsync(options, new ProcFs(), cancellationToken));
            await Console.Out.WriteAsync(options.Json ? FindingJson.Write(findings) : FindingText.Write(findings, IsColoured()));
            return findings.Any(static finding => finding.Mark == Mark.Fail) ? 1 : 0;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 1;
        }
        catch (SidecarException e)
        {
            foreach (var sentence in e.Sentences)
                await Console.Error.WriteLineAsync($"{Cli.Program}: {sentence}");
            return 1;
        }
        catch (LinuxException e)
        {
            // rtnetlink, which nothing works without.
            await Console.Error.WriteLineAsync($"{Cli.Program}: {e.Message}");
            return 1;
        }
    }

    // https://no-color.org: set and not empty.
    private static bool IsColoured() => !Console.IsOutputRedirected
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
}
