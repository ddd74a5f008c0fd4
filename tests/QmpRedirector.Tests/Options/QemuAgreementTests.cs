using System.Diagnostics;

namespace QmpRedirector.Tests.Options;

/// <summary>
/// Holds the tables against a real QEMU 7.2: a row that claims to be QEMU's own sentence is, one that does not is not. Left out where
/// there is no such QEMU. The chardevs in JSON are QMP's and were compared by hand.
/// </summary>
[Category("Qemu")]
internal sealed class QemuAgreementTests
{
    private const string Qemu = "qemu-system-x86_64";
    private DirectoryInfo _directory = null!;

    [OneTimeSetUp]
    public void Find_QEMU()
    {
        _directory = Directory.CreateTempSubdirectory("qmpr-options-");
        string version = Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(static path => File.Exists(Path.Combine(path, Qemu)))
            ? Run(["--version"])
            : "none";
        Assume.That(version, Does.Contain("version 7.2."));
    }

    [OneTimeTearDown]
    public void Remove_its_directory() => _directory.Delete(recursive: true);

    [TestCaseSource(typeof(ObjectSentences), nameof(ObjectSentences.Text))]
    [TestCaseSource(typeof(ObjectSentences), nameof(ObjectSentences.Json))]
    public void QEMU_says_of_an_object_what_the_table_claims(SentenceCase given) =>
        Compare(
            Run(
            [
                "-netdev", "hubport,id=n0,hubid=0",
                "-chardev", $"socket,id=m0,path={_directory}/m0,server=on,wait=off",
                "-object", given.Text,
            ]),
            given);

    [TestCaseSource(typeof(ChardevSentences), nameof(ChardevSentences.Text))]
    public void QEMU_says_of_a_chardev_what_the_table_claims(SentenceCase given) =>
        Compare(Run(["-chardev", given.Text.Replace("/nonexistent", _directory.FullName, StringComparison.Ordinal)]), given);

    private static void Compare(string said, SentenceCase given)
    {
        // What QEMU says in two lines is one sentence here: its first line is in it.
        bool agrees = said.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => line[(line.LastIndexOf(": ", StringComparison.Ordinal) + 1)..].TrimStart(' '))
            .Any(line => line == given.Sentence || (line.Length > 0 && given.Sentence.StartsWith($"{line}: ", StringComparison.Ordinal)) ||
                said.Contains($": {given.Sentence}\n", StringComparison.Ordinal));
        Assert.That(agrees, Is.EqualTo(given.Qemu), said);
    }

    private static string Run(string[] arguments)
    {
        string[] quiet = arguments is ["--version"] ? [] : ["-M", "none", "-nodefaults", "-display", "none", "-monitor", "stdio"];
        ProcessStartInfo start = new("timeout", ["5", Qemu, .. quiet, .. arguments])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        using Process process = Process.Start(start)!;
        try
        {
            process.StandardInput.WriteLine("quit");
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It refused its options and has ended: what it said of them is still there to read.
        }

        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string said = process.StandardError.ReadToEnd() + (arguments is ["--version"] ? output.Result : "");
        Assert.That(process.WaitForExit(TimeSpan.FromSeconds(10)), Is.True);
        return said;
    }
}
