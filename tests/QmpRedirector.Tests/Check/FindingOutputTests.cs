using System.Text.Json;
using QmpRedirector.Check;

namespace QmpRedirector.Tests.Check;

internal sealed class FindingOutputTests
{
    private static readonly Finding[] _findings =
    [
        new(Mark.Ok, "vm", "The VM is running."),
        new(Mark.Warn, "net0 tap", string.Join(' ', Enumerable.Repeat("word", 20)), "ip link set tap0 up"),
        new(Mark.Fail, "a subject that is far too long", "Short \"text\"."),
    ];

    [Test]
    public void Text_is_wrapped_at_80_columns_with_the_remedy_beneath() =>
        Assert.That(FindingText.Write(_findings, isColoured: false), Is.EqualTo(
            """
            ok    vm        The VM is running.
            warn  net0 tap  word word word word word word word word word word word word word
                            word word word word word word word
                            -> ip link set tap0 up
            FAIL  a subject that is far too long
                            Short "text".
            'run' would not work: see FAIL above.

            """));

    [Test]
    public void Every_line_of_all_is_well_fits_80_columns() =>
        Assert.That(
            FindingText.Write(Checks.Run(Scene.Of().WithPeer(consumers: Scene.Consumer())), isColoured: false).Split('\n'),
            Has.All.Length.LessThanOrEqualTo(80));

    [Test]
    public void Colour_is_in_the_marks_only_and_moves_nothing()
    {
        var coloured = FindingText.Write(_findings, isColoured: true);

        Assert.That(coloured, Does.StartWith("\e[32mok\e[0m    vm"));
        Assert.That(
            coloured.Replace("\e[32m", "").Replace("\e[33m", "").Replace("\e[1;31m", "").Replace("\e[0m", ""),
            Is.EqualTo(FindingText.Write(_findings, isColoured: false)));
    }

    [TestCase(0, 0, "All is well: 'run' would work.")]
    [TestCase(1, 0, "'run' would work, with the warning above.")]
    [TestCase(2, 0, "'run' would work, with the 2 warnings above.")]
    [TestCase(2, 1, "'run' would not work: see FAIL above.")]
    [TestCase(0, 3, "'run' would not work: see the 3 FAIL above.")]
    public void The_verdict_counts_what_is_wrong(int warnings, int failures, string verdict)
    {
        Finding[] findings =
        [
            .. Enumerable.Repeat(new Finding(Mark.Warn, "x", "y"), warnings), .. Enumerable.Repeat(new Finding(Mark.Fail, "x",
                "y"), failures),
        ];

        Assert.That(FindingText.Write(findings, isColoured: false).Split('\n')[^2], Is.EqualTo(verdict));
    }

    [Test]
    public void JSON_has_the_same_findings()
    {
        var json = JsonElement.Parse(FindingJson.Write(_findings));

        Assert.That(json.GetProperty("ok").GetBoolean(), Is.False);
        Assert.That(
            json.GetProperty("findings").EnumerateArray().Select(f =>
                (f.GetProperty("mark").GetString(), f.GetProperty("subject").GetString(), f.GetProperty("remedy").GetString())),
            Is.EqualTo(new (string?, string?, string?)[]
            {
                ("ok", "vm", null), ("warn", "net0 tap", "ip link set tap0 up"), ("fail", "a subject that is far too long", null),
            }));
        Assert.That(JsonElement.Parse(FindingJson.Write(_findings[..2])).GetProperty("ok").GetBoolean(), Is.True, "warnings are well");
    }

    [Test]
    public void All_is_well_where_all_is_well()
    {
        var findings = Checks.Run(Scene.Of());

        Assert.That(findings.Select(f => f.Mark), Has.All.EqualTo(Mark.Ok));
        Assert.That(findings.Select(f => f.Subject), Is.EqualTo(new[]
        {
            "capabilities", "kernel", "qmp", "vm", "migration", "n0 tap", "n0 holder", "n0 qdisc", "f0 direction", "f0 state",
            "f0 vnet header", "f0 backlog", "m0",
        }));
    }
}
