using System.Text.Json;
using QmpRedirector.Options;
using QmpRedirector.Running;

namespace QmpRedirector.Tests.Running;

internal sealed class LastWordsTests
{
    private static readonly DateTimeOffset _now = new(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(1));

    [TestCase(LogFormat.Text, false, "qmp-redirector: f0: 'x'")]
    [TestCase(LogFormat.Systemd, false, "<6>qmp-redirector: f0: 'x'")]
    [TestCase(LogFormat.Systemd, true, "<3>qmp-redirector: f0: 'x'")]
    public void They_have_the_priority_the_log_has(LogFormat format, bool failed, string line) =>
        Assert.That(LastWords.Line(format, failed, "f0: 'x'", _now), Is.EqualTo(line));

    [Test]
    public void In_a_JSON_log_they_are_JSON()
    {
        JsonElement root = JsonElement.Parse(LastWords.Line(LogFormat.Json, true, "f0: 'x'", _now));

        Assert.That(
            root.EnumerateObject().Select(static member => (member.Name, member.Value.GetString())),
            Is.EqualTo(new (string, string?)[]
            {
                ("Timestamp", "2026-01-02T02:04:05.000000Z"), ("LogLevel", "Error"), ("Category", "QmpRedirector.Running.Sidecar"),
                ("Message", "f0: 'x'"),
            }));
    }
}
