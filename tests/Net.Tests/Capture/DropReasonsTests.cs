using System.Text.RegularExpressions;

namespace QmpRedirector.Net.Tests.Capture;

[TestFixture]
internal sealed partial class DropReasonsTests
{
    [Test]
    public void The_names_are_these_and_in_this_order() => Assert.That(
        DropReasons.All.Select(reason => reason.Name()),
        Is.EqualTo((string[])
        [
            "peer_disconnected", "disarmed", "truncated", "oversize", "bad_offload", "linger_expired", "shutdown",
        ]));

    [Test]
    public void Every_reason_has_the_name_of_its_member_in_snake_case()
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (var reason in Enum.GetValues<DropReason>())
                Assert.That(reason.Name(), Is.EqualTo(Capital().Replace(reason.ToString(), "_$0").TrimStart('_').ToLowerInvariant()));
        }
    }

    [Test]
    public void The_reasons_count_from_zero_without_a_hole_so_that_they_can_index() =>
        Assert.That(DropReasons.All.Select(reason => (int)reason), Is.EqualTo(Enumerable.Range(0, DropReasons.All.Count)));

    [Test]
    public void What_is_no_reason_has_no_name() =>
        Assert.That(() => ((DropReason)999).Name(), Throws.TypeOf<ArgumentOutOfRangeException>());

    [GeneratedRegex("[A-Z]")]
    private static partial Regex Capital();
}
