using System.Diagnostics;
using QmpRedirector.CommandLine;

namespace QmpRedirector.Tests.CommandLine.Generated;

/// <summary>The files made from the option tables are those the repository has, and their readers take them.</summary>
internal sealed class GeneratedFileTests
{
    [TestCase("bash", "scripts/install/completions/qmp-redirector.bash")]
    [TestCase("zsh", "scripts/install/completions/_qmp-redirector")]
    [TestCase("man", "docs/qmp-redirector.1")]
    public async Task The_file_in_the_repository_is_up_to_date(string kind, string file)
    {
        var path = Path.Combine(RepositoryRoot(), file);
        var made = await OutputOf("--generate", kind);
        Assert.That(
            File.Exists(path) && await File.ReadAllTextAsync(path) == made,
            Is.True,
            $"{file} is out of date: make it anew with 'scripts/generate.sh'");
    }

    [Test]
    public async Task Nothing_else_can_be_generated()
    {
        using StringWriter output = new(), error = new();
        Assert.That(await InvokeAsync(["--generate", "fish"], output, error), Is.EqualTo(2));
        Assert.That(output.ToString(), Is.Empty);
    }

    [TestCase("run", "--qmp")]
    [TestCase("decode", "-w FILE")]
    [TestCase("send", "--realtime")]
    public async Task The_man_page_tells_of_every_command_and_its_options(string command, string option)
    {
        var page = await OutputOf("--generate", "man");
        foreach (var markup in (string[])["\\fB", "\\fI", "\\fR", "\\"])
            page = page.Replace(markup, "", StringComparison.Ordinal);
        Assert.That(page, Does.Contain($".SS \"Options of {command}\"\n").And.Contain($"\n{option}"));
    }

    [Test]
    public void Bash_takes_its_file() => AssertSyntax("bash", "scripts/install/completions/qmp-redirector.bash");

    private static void AssertSyntax(string shell, string file)
    {
        ProcessStartInfo start = new(shell, ["-n", Path.Combine(RepositoryRoot(), file)]) { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEnd();
        Assert.That(process.WaitForExit(TimeSpan.FromSeconds(30)), Is.True);
        Assert.That((process.ExitCode, error), Is.EqualTo((0, "")));
    }

    // Not by the path of this file: a deterministic build (CI) maps it to /_/.
    internal static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "QmpRedirector.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("No QmpRedirector.sln above the tests.");
    }

    internal static async Task<string> OutputOf(params string[] args)
    {
        using StringWriter output = new(), error = new();
        Assert.That(await InvokeAsync(args, output, error), Is.Zero, error.ToString());
        return output.ToString();
    }

    private static Task<int> InvokeAsync(string[] args, TextWriter output, TextWriter error) => Cli.InvokeAsync(
        args,
        static (_, _) => throw new AssertionException("run is not asked for"),
        static (_, _) => throw new AssertionException("check is not asked for"),
        static (_, _) => throw new AssertionException("decode is not asked for"),
        static (_, _) => throw new AssertionException("send is not asked for"),
        static (_, _) => throw new AssertionException("status is not asked for"),
        output,
        error);
}
