namespace QmpRedirector.Net.Tests.Links;

[TestFixture]
[Parallelizable(ParallelScope.All)]
internal sealed class KnownLinksTests
{
    [Test]
    public void A_link_that_was_deleted_unheard_is_told_as_deleted_and_only_once()
    {
        var known = new KnownLinks([Link(1, "lo"), Link(8, "tap0")]);

        Assert.That(CatchUp(known, Link(1, "lo")), Is.EqualTo((string[])["Deleted 8 tap0"]));
        Assert.That(CatchUp(known, Link(1, "lo")), Is.Empty);
    }

    [Test]
    public void A_link_made_again_under_its_name_is_first_deleted_and_then_there()
    {
        var known = new KnownLinks([Link(8, "tap0")]);

        Assert.That(CatchUp(known, Link(9, "tap0")), Is.EqualTo((string[])["Deleted 8 tap0", "Present 9 tap0"]));
    }

    [Test]
    public void A_link_that_changed_is_told_and_one_that_did_not_is_not()
    {
        var known = new KnownLinks([Link(1, "lo"), Link(8, "tap0")]);

        Assert.That(CatchUp(known, Link(1, "lo"), Link(8, "tap0") with { IsUp = false }), Is.EqualTo((string[])["Present 8 tap0"]));
    }

    [Test]
    public void What_was_announced_is_known()
    {
        var known = new KnownLinks([Link(8, "tap0")]);
        known.Take(LinkChangeKind.Deleted, Link(8, "tap0"));
        known.Take(LinkChangeKind.Present, Link(9, "tap1"));

        Assert.That(CatchUp(known), Is.EqualTo((string[])["Deleted 9 tap1"]));
    }

    [Test]
    public void A_link_that_the_dump_missed_is_not_taken_for_deleted()
    {
        var known = new KnownLinks([Link(8, "tap0")]);

        Assert.That(known.CatchUp([], _ => true), Is.Empty);
        Assert.That(CatchUp(known), Is.EqualTo((string[])["Deleted 8 tap0"]), "it is still known");
    }

    private static IEnumerable<string> CatchUp(KnownLinks known, params LinkInfo[] present) =>
        known.CatchUp(present, _ => false).Select(change => $"{change.Kind} {change.Link!.Index} {change.Link.Name}");

    private static LinkInfo Link(int index, string name) => new()
    {
        Index = index, Name = name, IsUp = true, HasCarrier = true, Kind = null, IsTapMode = false, HasVnetHeader = false,
        IsMultiQueue = false, Qdisc = null,
    };
}
