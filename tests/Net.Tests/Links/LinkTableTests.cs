namespace QmpRedirector.Net.Tests.Links;

/// <summary>Against the running kernel: lo is in every network namespace, and asking needs no right.</summary>
[TestFixture]
internal sealed class LinkTableTests
{
    [Test]
    public void The_loopback_device_is_found_and_is_no_TAP()
    {
        var loopback = LinkTable.Find("lo");
        Assert.That((loopback?.Name, loopback?.Kind, loopback?.Index), Is.EqualTo(("lo", (string?)null, (int?)1)));
        Assert.That(loopback!.WhyNotTap, Does.StartWith("'lo' is not a TAP"));
    }

    [Test]
    public void Among_all_links_each_is_as_it_is_found_by_its_name()
    {
        var all = LinkTable.All();
        Assert.That(all.Select(link => link.Name), Does.Contain("lo").And.Unique);
        Assert.That(all.Single(link => link.Name == "lo"), Is.EqualTo(LinkTable.Find("lo")));
    }

    [TestCase("no-such-device")]
    [TestCase("")]
    [TestCase("sixteencharacter")]
    [TestCase("l\0o")]
    public void A_name_that_no_link_has_or_could_have_is_not_found(string name) => Assert.That(LinkTable.Find(name), Is.Null);
}
