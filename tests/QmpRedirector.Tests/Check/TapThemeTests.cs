using QmpRedirector.Check;
using QmpRedirector.Check.Facts;
using QmpRedirector.Check.Themes;
using QmpRedirector.Vm;

namespace QmpRedirector.Tests.Check;

internal sealed class TapThemeTests
{
    [Test]
    public void A_TAP_is_told_with_how_it_was_found() =>
        Assert.That(TapTheme.Of(Scene.Of()).Single(), Is.EqualTo(new Finding(
            Mark.Ok, "n0 tap", "TAP tap0, interface 7 (ifname= of info network); vnet_hdr=on, one queue; up, with carrier.")));

    [Test]
    public void Several_queues_are_captured_together()
    {
        var scene = Scene.Of().WithTap(tap => tap with { IsMultiQueue = true })
            .WithNetdev(n => n with { Resolution = NetdevResolution.Found("tap0", 4, "fd=3 of process 4711") });

        Assert.That(TapTheme.Of(scene).Single().Text, Does.Contain("multiqueue, 4 queues in use, captured together"));
        Assert.That(HolderTheme.Of(scene).Single().Text, Does.Contain("multiqueue is not supported"));
    }

    [Test]
    public void A_TAP_that_is_down_is_a_warning_with_the_command() =>
        Assert.That(TapTheme.Of(Scene.Of().WithTap(tap => tap with { IsUp = false, HasCarrier = false })).Single() is
        {
            Mark: Mark.Warn,
            Remedy: "ip link set tap0 up",
        }, Is.True);

    [Test]
    public void A_TAP_nobody_holds_is_a_warning()
    {
        var finding = TapTheme.Of(Scene.Of(",ifname=tap0").WithTap(tap => tap with { HasCarrier = false })).Single();

        Assert.That((finding.Mark, finding.Subject), Is.EqualTo((Mark.Warn, "tap0 tap")));
        Assert.That(finding.Text, Does.Contain("nobody holds it open"));
        Assert.That(finding.Remedy, Does.Contain("ifname="));
    }

    [TestCase(false, "running", Mark.Fail)]
    [TestCase(true, "running", Mark.Warn)]
    [TestCase(false, "inmigrate", Mark.Warn)]
    [TestCase(false, "prelaunch", Mark.Warn)]
    public void A_netdev_that_is_absent_fails_unless_run_would_wait_for_it(bool waits, string state, Mark mark)
    {
        var scene = Scene.Of().WithNetdev(n => n with { Resolution = NetdevResolution.NotFound("QEMU has no netdev 'n0': it has none at "
            + "all."), Link = null })
            .WithVm(vm => vm with { RunState = state });
        scene = scene with { Options = scene.Options with { Run = scene.Options.Run with { WaitNetdev = waits } } };

        var finding = TapTheme.Of(scene).Single();

        Assert.That(finding.Mark, Is.EqualTo(mark));
        Assert.That(finding.Text, Does.StartWith("QEMU has no netdev 'n0'"));
        Assert.That(HolderTheme.Of(scene).Concat(QdiscTheme.Of(scene)).Concat(VnetHeaderTheme.Of(scene)), Is.Empty);
    }

    [Test]
    public void What_is_no_TAP_fails_even_if_run_waits_for_netdevs()
    {
        var scene = Scene.Of().WithNetdev(n => n with { Resolution = NetdevResolution.Refused("'mv0' is a macvtap device: no.") });
        scene = scene with { Options = scene.Options with { Run = scene.Options.Run with { WaitNetdev = true } } };

        Assert.That(TapTheme.Of(scene).Single(), Is.EqualTo(new Finding(Mark.Fail, "n0 tap", "'mv0' is a macvtap device: no.")));
    }

    [TestCase(true, 1, "vhost moves its frames now (vhost-started). QEMU's own filter refuses it: \"Vhost is not supported\".")]
    [TestCase(false, 0, "QEMU moves its frames itself (it has no /dev/vhost-net open). QEMU's own filter-redirector would work here too.")]
    [TestCase(null, 0, "QEMU moves its frames itself (it has no /dev/vhost-net open). QEMU's own filter-redirector would work here too.")]
    public void Who_moves_the_frames_is_told_with_what_QEMUs_own_filter_says(bool? started, int descriptors, string text) =>
        Assert.That(HolderTheme.Of(Holding(started, descriptors)).Single(), Is.EqualTo(new Finding(Mark.Ok, "n0 holder", text)));

    [Test]
    public void A_vhost_that_has_not_started_is_not_taken_for_none() =>
        Assert.That(
            HolderTheme.Of(Holding(false, 2)).Single().Text,
            Does.StartWith("vhost is not moving its frames now; QEMU has 2 /dev/vhost-net open").And.EndWith("\"Vhost is not "
                + "supported\"."));

    [Test]
    public void Descriptors_that_may_not_be_read_are_told_as_not_known() =>
        Assert.That(HolderTheme.Of(Holding(false, null)).Single().Text, Does.Contain("is not known"));

    [Test]
    public void A_TAP_that_QEMU_does_not_hold_is_a_warning()
    {
        var scene = Scene.Of(",ifname=tap0").WithNetdev(n => n with { Holder = new TapHolder(Scene.Pid, false, 0) });

        Assert.That(HolderTheme.Of(scene).Single() is { Mark: Mark.Warn, Subject: "tap0 holder" }, Is.True);
    }

    [TestCase("noqueue", "7.2.0", "on", Mark.Ok)]
    [TestCase("pfifo_fast", "6.18.5-generic", "on", Mark.Ok)]
    [TestCase("pfifo_fast", "7.0.9", "on", Mark.Ok)]
    [TestCase("pfifo_fast", "7.1.0", "on", Mark.Warn)]
    [TestCase("fq_codel", "8.0.0", "on", Mark.Warn)]
    [TestCase("fq_codel", "custom", "on", Mark.Warn)]
    [TestCase("fq_codel", "8.0.0", "off", Mark.Ok)]
    public void A_qdisc_is_a_warning_only_where_it_could_hide_frames_of_a_stopped_VM(
        string qdisc, string release, string whenStopped, Mark mark)
    {
        var scene = Scene.Of($",enable_when_stopped={whenStopped}").WithTap(tap => tap with { Qdisc = qdisc })
            .WithHost(h => h with { KernelRelease = release });

        var finding = QdiscTheme.Of(scene).Single();

        Assert.That((finding.Mark, finding.Subject), Is.EqualTo((mark, "n0 qdisc")));
        Assert.That(finding.Text, Does.StartWith(qdisc));
        if (mark == Mark.Warn)
        {
            Assert.That(finding.Text, Does.Contain("whether it was merged is not known").And.Contain("reach f0"));
            Assert.That(finding.Remedy, Is.EqualTo("tc qdisc replace dev tap0 root noqueue"));
        }
    }

    [TestCase("", "12 bytes before each frame, chosen by auto: NIC /nic negotiated VERSION_1.")]
    [TestCase(",vnet_hdr_len=12", "12 bytes before each frame, as vnet_hdr_len=12 says.")]
    [TestCase(",vnet_hdr_len=0",
        "0 bytes before each frame, as vnet_hdr_len=0 says; auto would choose 12 now (NIC /nic negotiated VERSION_1).")]
    public void The_vnet_header_is_told_with_what_decided_it(string properties, string text) =>
        Assert.That(VnetHeaderTheme.Of(Scene.Of(properties)).Single(), Is.EqualTo(new Finding(Mark.Ok, "f0 vnet header", text)));

    [Test]
    public void A_TAP_without_vnet_headers_decides_before_the_NIC() =>
        Assert.That(
            VnetHeaderTheme.Of(Scene.Of().WithTap(tap => tap with { HasVnetHeader = false })).Single().Text,
            Is.EqualTo("0 bytes before each frame, chosen by auto: TAP tap0 has no vnet header (vnet_hdr=off)."));

    [TestCase("on", 12)]
    [TestCase("off", 0)]
    public void Without_QEMUs_help_vnet_hdr_support_decides(string support, int bytes)
    {
        var scene = Scene.Of($",vnet_hdr_support={support}").WithNetdev(n => n with { Header = new VnetHeaderLength(null, false,
            "no NIC") });

        Assert.That(VnetHeaderTheme.Choose(scene, scene.Redirectors[0])!.Value.Bytes, Is.EqualTo(bytes));
        Assert.That(VnetHeaderTheme.Of(scene).Single().Text, Does.Contain($"no NIC, so vnet_hdr_support={support} decides"));
    }

    private static CheckContext Holding(bool? started, int? descriptors) => Scene.Of().WithNetdev(n => n with
    {
        Header = n.Header! with { VhostStarted = started },
        Holder = new TapHolder(Scene.Pid, descriptors is null ? null : true, descriptors),
    });
}
