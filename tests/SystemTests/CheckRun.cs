using System.Text.Json;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests;

/// <summary>One `qmp-redirector check --json`, to its end.</summary>
/// <param name="ExitCode">0 exactly when <paramref name="Ok"/>.</param>
/// <param name="Ok">The verdict.</param>
/// <param name="Findings">In order.</param>
internal sealed record CheckRun(int ExitCode, bool Ok, IReadOnlyList<CheckFinding> Findings)
{
    public static Task<CheckRun> OfAsync(Lab lab, params string[] options) => OfAsync(lab, options, []);

    public static async Task<CheckRun> OfAsync(Lab lab, string[] options, string[] wrapper)
    {
        var process = lab.Start(["check", "--json", "--qmp", $"unix:{lab.Monitor}", .. options], wrapper);
        var code = await process.WaitForExitAsync();
        Assert.That(process.Error, Is.Empty, process.Output);
        var json = JsonDocument.Parse(process.Output).RootElement;
        var findings = json.GetProperty("findings").EnumerateArray().Select(finding => new CheckFinding(
            finding.GetProperty("mark").GetString()!,
            finding.GetProperty("subject").GetString()!,
            finding.GetProperty("text").GetString()!,
            finding.GetProperty("remedy").GetString()));
        return new CheckRun(code, json.GetProperty("ok").GetBoolean(), [.. findings]);
    }

    public CheckFinding The(string subject) => Findings.Single(finding => finding.Subject == subject);

    /// <summary>Exit 1 for this one reason.</summary>
    public CheckFinding FailsOnlyOn(string subject)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That((ExitCode, Ok), Is.EqualTo((1, false)));
            Assert.That(Findings.Where(f => f.Mark == "fail").Select(f => f.Subject), Is.EqualTo((string[])[subject]));
        }

        return Findings.First(finding => finding.Subject == subject && finding.Mark == "fail");
    }

    /// <summary>Exit 0, with warnings on these subjects and no others.</summary>
    public void IsWellBut(params string[] subjects)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That((ExitCode, Ok), Is.EqualTo((0, true)), string.Join('\n', Findings));
            Assert.That(Findings.Where(finding => finding.Mark != "ok").Select(finding => finding.Subject), Is.EqualTo(subjects));
        }
    }
}
