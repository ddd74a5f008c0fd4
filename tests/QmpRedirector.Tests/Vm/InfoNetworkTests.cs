using QmpRedirector.Vm;

namespace QmpRedirector.Tests.Vm;

public sealed class InfoNetworkTests
{
    [Test]
    public void Every_netdev_of_a_real_QEMU_is_found_with_its_type()
    {
        var clients = InfoNetwork.Parse(InfoNetworkSamples.AsQemu(InfoNetworkSamples.Many));

        Assert.That(clients.Where(c => c.Type != "nic").Select(c => (c.Name, c.Type, c.Index, c.Details)), Is.EqualTo(new[]
        {
            ("hp0", "hubport", 0, ""),
            ("st0", "stream", 0, ""),
            ("dg0", "dgram", 0, "udp=127.0.0.1:5555/127.0.0.1:5556"),
            ("nonic0", "tap", 0, "ifname=tapnonic,script=no,downscript=no"),
            ("br0", "tap", 0, "helper=/tmp/vm/helper.py,br=br7"),
            ("s0", "socket", 0, ""),
            ("odd_id-1.x", "tap", 0, "fd=6"),
            ("net0", "tap", 0, "ifname=tapif0,script=no,downscript=no"),
            ("hostnet1", "tap", 0, "fd=3"),
            ("mq0", "tap", 0, "fd=4"),
            ("mq0", "tap", 1, "fd=5"),
            ("mqif0", "tap", 0, "ifname=tapmqif,script=no,downscript=no"),
            ("mqif0", "tap", 1, "ifname=tapmqif,script=no,downscript=no"),
            ("mqif0", "tap", 2, "ifname=tapmqif,script=no,downscript=no"),
            ("u0", "user", 0, "net=10.0.2.0,restrict=off"),
            ("hlp0", "tap", 0, "helper=/tmp/vm/helper.py"),
        }));
    }

    [Test]
    public void NICs_are_clients_of_type_nic()
    {
        var nics = InfoNetwork.Parse(InfoNetworkSamples.AsQemu(InfoNetworkSamples.Many)).Where(c => c.Type == "nic");

        Assert.That(nics.Select(c => $"{c.Name}/{c.Index}"), Is.EqualTo(new[]
        {
            "nic0/0", "virtio-net-pci.1/0", "nicmq/0", "nicmq/1", "nicmqif/0", "nicmqif/1", "nicmqif/2", "e0/0", "rtl8139.0/0", "lonely/0",
        }));
    }

    [Test]
    public void Behind_a_hub_both_the_port_and_what_is_plugged_into_it_are_found()
    {
        var clients = InfoNetwork.Parse(InfoNetworkSamples.AsQemu(InfoNetworkSamples.Hub));

        Assert.That(clients.Select(c => (c.Name, c.Type)), Is.EqualTo(new[]
        {
            ("h1", "hubport"), ("n0", "nic"), ("h0", "hubport"), ("net0", "tap"),
        }));
    }

    [Test]
    public void Legacy_net_options_make_a_hub_and_names_of_QEMUs_own()
    {
        var clients = InfoNetwork.Parse(InfoNetworkSamples.AsQemu(InfoNetworkSamples.Legacy));

        Assert.That(clients.Select(c => (c.Name, c.Type)), Is.EqualTo(new[]
        {
            ("hub0port1", "hubport"), ("#net182", "tap"), ("hub0port0", "hubport"), ("virtio-net-pci.0", "nic"),
        }));
    }

    [Test]
    public void A_filter_below_a_hub_port_does_not_end_the_hub()
    {
        const string text = "hub 0\r\n \\ h1: net1: index=0,type=tap,fd=4\r\nfilters:\r\n  - f0: type=filter-dump,netdev=net1\r\n \\ h2\r\n"
            + "net9: index=0,type=tap,fd=9\r\n";

        Assert.That(InfoNetwork.Parse(text).Select(c => c.Name), Is.EqualTo(new[] { "h1", "net1", "h2", "net9" }));
    }

    [TestCase("")]
    [TestCase("\r\n")]
    [TestCase("unknown command: 'info network'\r\n")]
    [TestCase("net0: index=x,type=tap,fd=3\r\n")]
    [TestCase(": index=0,type=tap,fd=3\r\n")]
    [TestCase("net0: index=0\r\n")]
    public void What_is_no_net_client_is_left_out(string text) => Assert.That(InfoNetwork.Parse(text), Is.Empty);
}
