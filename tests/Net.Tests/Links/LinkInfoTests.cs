namespace QmpRedirector.Net.Tests.Links;

[TestFixture]
internal sealed class LinkInfoTests
{
    private static readonly LinkInfo _tap = new()
    {
        Index = 2, Name = "tap0", IsUp = true, HasCarrier = true, Kind = "tun", IsTapMode = true, HasVnetHeader = true,
        IsMultiQueue = false, Qdisc = null,
    };

    [Test]
    public void A_TAP_will_do_whatever_its_state()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_tap.WhyNotTap, Is.Null);
            Assert.That((_tap with { IsUp = false, HasCarrier = false, HasVnetHeader = false, IsMultiQueue = true }).WhyNotTap, Is.Null);
        }
    }

    [Test]
    public void A_TUN_device_is_refused_for_its_missing_Ethernet_headers() => Assert.That(
        (_tap with { Name = "tun0", IsTapMode = false }).WhyNotTap,
        Is.EqualTo("'tun0' is a TUN device, which carries IP packets without Ethernet headers; a TAP is needed."));

    [TestCase("macvtap")]
    [TestCase("ipvtap")]
    public void A_macvtap_or_ipvtap_is_refused_by_name_with_what_to_do_instead(string kind) => Assert.That(
        (_tap with { Name = "mv0", Kind = kind, IsTapMode = false }).WhyNotTap,
        Is.EqualTo($"'mv0' is a {kind} device: frames for its guest never leave it by a TAP's transmit path, so they cannot be "
            + "captured as a filter would see them; give the guest a TAP on a bridge instead."));

    [Test]
    public void A_device_without_a_kind_is_refused() => Assert.That(
        (_tap with { Name = "eth0", Kind = null, IsTapMode = false }).WhyNotTap,
        Is.EqualTo("'eth0' is not a TAP but a device of no kind the kernel names (a physical one, perhaps)."));

    [Test]
    public void Any_other_kind_is_refused_by_name() => Assert.That(
        (_tap with { Name = "br0", Kind = "bridge", IsTapMode = false }).WhyNotTap, Is.EqualTo("'br0' is not a TAP but a bridge device."));
}
