using System.Diagnostics;
using QmpRedirector.CommandLine;

namespace QmpRedirector.Tests.CommandLine;

/// <summary>The built program as a process of its own.</summary>
internal sealed class ProcessTests
{
    [TestCase("--version", 0, "qmp-redirector 0.1.0\n", "")]
    [TestCase("run --object=x --qmp=/q", 2, "",
        "qmp-redirector: --object x: Parameter 'qom-type' does not accept value 'x'\nTry 'qmp-redirector run --help'\n")]
    public async Task The_program_ends_with_its_code_and_its_words(string args, int code, string output, string error)
    {
        using CancellationTokenSource late = new(TimeSpan.FromSeconds(60));
        ProcessStartInfo start = new("dotnet", [typeof(Cli).Assembly.Location, .. args.Split(' ')])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> outputText = process.StandardOutput.ReadToEndAsync(late.Token);
        Task<string> errorText = process.StandardError.ReadToEndAsync(late.Token);
        await process.WaitForExitAsync(late.Token);

        Assert.That((process.ExitCode, await outputText, await errorText), Is.EqualTo((code, output, error)));
    }
}
