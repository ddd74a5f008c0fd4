using QmpRedirector.Vm;

namespace QmpRedirector.Tests.Vm;

public sealed class NetdevResolverTests
{
    private const int Pid = 4711;

    private FakeProc _proc = null!;

    [SetUp]
    public void MakeQemu() => _proc = new FakeProc().AddProcess(Pid)
        .AddTun(Pid, 3, "tapfd0").AddTun(Pid, 4, "tapmq0").AddTun(Pid, 5, "tapmq0").AddTun(Pid, 6, "t,x=\"1=").AddTun(Pid, 7, "tapif0")
        .AddFd(Pid, 8, "socket:[99]").AddFd(Pid, 9, "/dev/tap17").AddFd(Pid, 11, "/dev/tap17 (deleted)");

    [TearDown]
    public void RemoveQemu() => _proc.Dispose();

    [TestCase("net0", "tapif0", 1)]
    [TestCase("nonic0", "tapnonic", 1)]
    [TestCase("mqif0", "tapmqif", 3)]
    [TestCase("hostnet1", "tapfd0", 1)]
    [TestCase("mq0", "tapmq0", 2)]
    [TestCase("odd_id-1.x", "t,x=\"1=", 1)]
    public void A_TAP_is_found_by_name_or_by_descriptor(string netdev, string ifName, int queues)
    {
        var found = Resolve(InfoNetworkSamples.Many, netdev);

        Assert.That((found.Kind, found.IfName, found.Queues), Is.EqualTo((NetdevResolutionKind.Found, ifName, queues)));
        Assert.That(found.How, Is.Not.Empty);
    }

    [TestCase(InfoNetworkSamples.Hub, "net0")]
    [TestCase(InfoNetworkSamples.Legacy, "#net182")]
    public void A_TAP_behind_a_hub_is_found(string text, string netdev) =>
        Assert.That(Resolve(text, netdev).IfName, Is.EqualTo("taplg"));

    [TestCase("u0", "user")]
    [TestCase("hp0", "hubport")]
    [TestCase("s0", "socket")]
    [TestCase("st0", "stream")]
    [TestCase("dg0", "dgram")]
    public void A_netdev_without_a_TAP_is_refused_by_its_type(string netdev, string type)
    {
        var refused = Resolve(InfoNetworkSamples.Many, netdev);

        Assert.That(refused.Kind, Is.EqualTo(NetdevResolutionKind.Refused));
        Assert.That(refused.Sentence, Is.EqualTo(
            $"Netdev '{netdev}' is of type '{type}': its packets never pass a TAP, so there is nothing to capture on."));
    }

    [TestCase("vhost-user", "vhost-user0 to vu")]
    [TestCase("vhost-vdpa", "")]
    public void Vhost_backends_without_a_TAP_are_refused_by_their_type(string type, string details) =>
        Assert.That(Resolve($"net0: index=0,type={type},{details}", "net0").Sentence, Does.Contain($"of type '{type}'"));

    [Test]
    public void An_unknown_netdev_is_not_found_and_the_known_ones_are_told()
    {
        var missing = Resolve(InfoNetworkSamples.Hub, "net1");

        Assert.That(missing.Kind, Is.EqualTo(NetdevResolutionKind.NotFound));
        Assert.That(missing.Sentence, Is.EqualTo("QEMU has no netdev 'net1': it has 'h1', 'h0', 'net0'."));
    }

    [Test]
    public void A_NIC_is_no_netdev() =>
        Assert.That(Resolve(InfoNetworkSamples.Many, "nic0").Sentence, Does.StartWith("'nic0' is a NIC, not a netdev"));

    [Test]
    public void Without_any_netdev_that_is_said() =>
        Assert.That(Resolve("", "net0").Sentence, Is.EqualTo("QEMU has no netdev 'net0': it has none at all."));

    [TestCase(9, "/dev/tap17")]
    [TestCase(11, "/dev/tap17 (deleted)")]
    public void A_macvtap_is_refused_by_name(int fd, string node)
    {
        var refused = Resolve($"net0: index=0,type=tap,fd={fd}", "net0");

        Assert.That(refused.Kind, Is.EqualTo(NetdevResolutionKind.Refused));
        Assert.That(refused.Sentence, Does.StartWith($"Netdev 'net0' is a macvtap or ipvtap ({node}), not a TAP"));
    }

    [Test]
    public void A_descriptor_that_is_no_TAP_is_refused() => Assert.That(
        Resolve("net0: index=0,type=tap,fd=8", "net0").Sentence,
        Does.Contain("fd 8 of QEMU (process 4711), which is 'socket:[99]' and no TAP"));

    [Test]
    public void A_descriptor_QEMU_does_not_have_is_unreadable()
    {
        var unknown = Resolve("net0: index=0,type=tap,fd=77", "net0");

        Assert.That(unknown.Kind, Is.EqualTo(NetdevResolutionKind.Unreadable));
        Assert.That(unknown.Sentence, Does.EndWith("give ifname=."));
    }

    [Test]
    public void A_deleted_TAP_is_not_found()
    {
        _proc.AddTun(Pid, 10, "");

        Assert.That(Resolve("net0: index=0,type=tap,fd=10", "net0").Kind, Is.EqualTo(NetdevResolutionKind.NotFound));
    }

    [Test]
    public void Queues_on_different_TAPs_need_a_choice()
    {
        var both = Resolve("net0: index=0,type=tap,fd=3\r\nnet0: index=1,type=tap,fd=4", "net0");

        Assert.That(both.Kind, Is.EqualTo(NetdevResolutionKind.Unreadable));
        Assert.That(both.Sentence, Does.Contain("'tapfd0' and 'tapmq0'"));
    }

    [Test]
    public void A_helpers_TAP_is_the_one_nobody_else_claims()
    {
        const string text = "net0: index=0,type=tap,helper=/usr/lib/qemu/qemu-bridge-helper,br=br0\r\na: index=0,type=tap,fd=3\r\n"
            + "b: index=0,type=tap,fd=4\r\nb: index=1,type=tap,fd=5\r\nc: index=0,type=tap,ifname=tapif0,script=no,downscript=no\r\n";

        Assert.That(Resolve(text, "net0").IfName, Is.EqualTo("t,x=\"1="));
    }

    [Test]
    public void A_helpers_TAP_among_several_needs_a_choice()
    {
        var several = Resolve("net0: index=0,type=tap,helper=/h\r\na: index=0,type=tap,fd=3\r\nb: index=0,type=tap,fd=4", "net0");

        Assert.That(several.Kind, Is.EqualTo(NetdevResolutionKind.Unreadable));
        Assert.That(several.Sentence, Does.Contain("""could be 't,x="1=' or 'tapif0': give ifname=."""));
    }

    [Test]
    public void A_helper_without_any_TAP_left_found_none()
    {
        using var proc = new FakeProc().AddProcess(Pid).AddTun(Pid, 3, "tap0");
        var resolver = new NetdevResolver(proc.Fs);

        var none = resolver.Resolve(InfoNetwork.Parse("net0: index=0,type=tap,helper=/h\na: index=0,type=tap,fd=3"), "net0", Pid);

        Assert.That(none.Kind, Is.EqualTo(NetdevResolutionKind.NotFound));
    }

    [TestCase("net0: index=0,type=tap,fd=3")]
    [TestCase("net0: index=0,type=tap,helper=/h")]
    public void Without_a_PID_only_ifname_tells(string text)
    {
        var unknown = new NetdevResolver(_proc.Fs).Resolve(InfoNetwork.Parse(text), "net0", null);

        Assert.That(unknown.Kind, Is.EqualTo(NetdevResolutionKind.Unreadable));
        Assert.That(unknown.Sentence, Does.EndWith("whose process is not visible from here: give ifname=."));
    }

    [Test]
    public void Without_a_PID_ifname_is_enough() => Assert.That(
        new NetdevResolver(_proc.Fs).Resolve(InfoNetwork.Parse(InfoNetworkSamples.Many), "net0", null).IfName, Is.EqualTo("tapif0"));

    [TestCase("net0")]
    [TestCase("hostnet1")]
    public void Another_network_namespace_is_refused_with_the_remedy(string netdev)
    {
        _proc.AddProcess(Pid + 1, "net:[2]").AddTun(Pid + 1, 3, "tapfd0");

        var refused = new NetdevResolver(_proc.Fs).Resolve(InfoNetwork.Parse(InfoNetworkSamples.Many), netdev, Pid + 1);

        Assert.That(refused.Kind, Is.EqualTo(NetdevResolutionKind.Refused));
        Assert.That(refused.Sentence, Does.Contain("nsenter --net=/proc/4712/ns/net"));
    }

    [TestCase("net0: index=0,type=tap,")]
    [TestCase("net0: index=0,type=tap,fd=x")]
    [TestCase("net0: index=0,type=tap,something=new")]
    public void A_form_of_a_TAP_nobody_knows_yet_needs_ifname(string text)
    {
        var unknown = Resolve(text, "net0");

        Assert.That(unknown.Kind, Is.EqualTo(NetdevResolutionKind.Unreadable));
        Assert.That(unknown.Sentence, Does.EndWith("give ifname=."));
    }

    private NetdevResolution Resolve(string text, string netdev) =>
        new NetdevResolver(_proc.Fs).Resolve(InfoNetwork.Parse(InfoNetworkSamples.AsQemu(text)), netdev, Pid);
}
