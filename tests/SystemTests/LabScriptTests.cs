using System.Diagnostics;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests;

/// <summary>scripts/lab.sh is to its user what the command it runs would be. One boot for all, as it takes long where there is no KVM.</summary>
[TestFixture]
[NonParallelizable]
internal sealed class LabScriptTests
{
    /// <summary>2 MB.</summary>
    private const int Lines = 300_000;

    private const int ErrorLines = 100_000;

    /// <summary>As told by shells of a program that SIGKILL has ended.</summary>
    private const int Killed = 128 + 9;

    /// <summary>The first use makes the lab, from two of Debian's kernels.</summary>
    private static readonly TimeSpan _deadline = TimeSpan.FromMinutes(4);

    [Test]
    public async Task A_command_in_the_lab_keeps_its_exit_status_its_user_and_folder_and_all_it_prints_to_a_slow_reader()
    {
        const string command = """
            echo "root: $(id -u) here: $PWD sees: $(head -n 1 scripts/lab/README.md) input: $(wc -c) $CALLER"
            seq 1 $1
            seq 1 $2 >&2
            sleep 1000 &
            kill -KILL $$
            """;
        using var deadline = new CancellationTokenSource(_deadline);
        using var lab = Start("sh", "-c", command, "sh", $"{Lines}", $"{ErrorLines}");
        // The VM ends with the script.
        await using var end = deadline.Token.Register(lab.Kill);
        await lab.StandardInput.WriteLineAsync("not the command's".AsMemory(), deadline.Token);
        lab.StandardInput.Close();

        var error = lab.StandardError.ReadToEndAsync(deadline.Token);
        var output = await ReadSlowlyAsync(lab.StandardOutput, deadline.Token);
        await lab.WaitForExitAsync(deadline.Token);
        var said = LinesOf(await error).SkipWhile(line => line.StartsWith("lab: ", StringComparison.Ordinal)).ToArray();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(lab.ExitCode, Is.EqualTo(Killed), await error);
            Assert.That(output[0], Is.EqualTo($"root: 0 here: {Sidecar.RepositoryRoot} sees: # The lab input: 0 the caller's"));
            Assert.That(output[1..].SequenceEqual(Numbers(Lines)), $"standard output is whole: {output.Length - 1} lines of {Lines}");
            Assert.That(said.Take(ErrorLines).SequenceEqual(Numbers(ErrorLines)), $"and standard error: {said.Length} lines of {ErrorLines}");
        }
    }

    /// <summary>As a program that has its own work to do between reads: a VM would have switched itself off meanwhile.</summary>
    private static async Task<string[]> ReadSlowlyAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        var text = new System.Text.StringBuilder();
        var buffer = new char[64 * 1024];
        while (await reader.ReadBlockAsync(buffer, cancellationToken) is var count and > 0)
        {
            text.Append(buffer, 0, count);
            await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, cancellationToken);
        }

        return LinesOf(text.ToString());
    }

    private static string[] LinesOf(string text) => text.TrimEnd('\n').Split('\n');

    private static IEnumerable<string> Numbers(int count) => Enumerable.Range(1, count).Select(number => $"{number}");

    private static Process Start(params string[] command)
    {
        var start = new ProcessStartInfo(Path.Combine(Sidecar.RepositoryRoot, "scripts", "lab.sh"), command)
        {
            WorkingDirectory = Sidecar.RepositoryRoot,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["CALLER"] = "the caller's";
        // That there is a binary is enough for it; it would else build one.
        start.Environment["QMP_REDIRECTOR"] = Sidecar.Binary;
        return Process.Start(start)!;
    }
}
