using QmpRedirector.Check;
using QmpRedirector.Check.Facts;
using QmpRedirector.Check.Themes;
using QmpRedirector.Net;
using QmpRedirector.Vm;

namespace QmpRedirector.Tests.Check;

internal sealed class PeerThemeTests
{
    [Test]
    public void Without_peer_qmp_nothing_is_said_of_it() =>
        Assert.That(PeerTheme.Of(Scene.Of()).Concat(PeerStreamTheme.Of(Scene.Of())), Is.Empty);

    [TestCase(7, "never reads an indev again")]
    [TestCase(10, "never reads an indev again")]
    [TestCase(11, "reads its indev again")]
    public void The_version_tells_what_a_disconnect_does(int major, string part)
    {
        var finding = PeerTheme.Of(Scene.Of().WithPeer(major)).Single();

        Assert.That((finding.Mark, finding.Text.Contains(part, StringComparison.Ordinal)), Is.EqualTo((Mark.Ok, true)));
    }

    [Test]
    public void A_consumer_that_reads_what_is_sent_is_well() =>
        Assert.That(
            PeerStreamTheme.Of(Scene.Of().WithPeer(consumers: Scene.Consumer())).Single(),
            Is.EqualTo(new Finding(
                Mark.Ok,
                "f0 peer",
                "The consumer's filter-redirector f1 reads it (chardev red0), with the same vnet_hdr_support and 12 bytes of vnet "
                    + "header.")));

    [TestCase("off", "true", "on")]
    [TestCase("on", "false", "off")]
    public void Another_vnet_hdr_support_fails(string ours, string theirs, string remedy)
    {
        var finding = PeerStreamTheme.Of(Scene.Of($",vnet_hdr_support={ours}").WithPeer(consumers: Scene.Consumer(theirs))).Single();

        Assert.That(finding.Mark, Is.EqualTo(Mark.Fail));
        Assert.That(finding.Text, Does.StartWith($"vnet_hdr_support is {ours} here and {remedy} at the consumer's"));
        Assert.That(finding.Remedy, Does.StartWith($"Give f0 vnet_hdr_support={remedy}"));
    }

    [TestCase(10, true, Mark.Fail, "Give f0 vnet_hdr_len=10.")]
    [TestCase(10, false, Mark.Warn, "Check again when both guests are up")]
    public void Another_header_length_fails_once_it_is_final(int bytes, bool final, Mark mark, string remedy)
    {
        var consumer = Scene.Consumer(header: new VnetHeaderLength(bytes, final, "so it is"));

        var finding = PeerStreamTheme.Of(Scene.Of().WithPeer(consumers: consumer)).Single();

        Assert.That((finding.Mark, finding.Text.StartsWith("Frames would carry 12 "
            + "bytes", StringComparison.Ordinal)), Is.EqualTo((mark, true)));
        Assert.That(finding.Remedy, Does.StartWith(remedy));
    }

    [Test]
    public void An_indev_that_is_read_no_more_comes_with_its_cure_spelled_out()
    {
        var finding = PeerStreamTheme.Of(
            Scene.Of(",vnet_hdr_support=on").WithPeer(frontendOpen: false, consumers: Scene.Consumer("true"))).Single();

        Assert.That(finding.Mark, Is.EqualTo(Mark.Fail));
        Assert.That(finding.Text, Does.Contain("frontend-open is false").And.Contain("gives an indev up at its first disconnect"));
        Assert.That(finding.Remedy, Is.EqualTo(
            """
            Delete and add it again, on the consumer's QMP: {"execute": "object-del", "arguments": {"id": "f1"}} and
            {"execute": "object-add", "arguments": {"qom-type": "filter-redirector", "id": "f1", "netdev": "n9", "queue": "tx",
            "indev": "red0", "vnet_hdr_support": true}}
            """.ReplaceLineEndings(" ")));
    }

    [Test]
    public void From_11_0_an_indev_may_be_unread_because_its_filter_is_off() =>
        Assert.That(
            PeerStreamTheme.Of(Scene.Of().WithPeer(11, frontendOpen: false, consumers: Scene.Consumer(status: "off"))).Single() is
            {
                Mark: Mark.Warn,
                Remedy: "qom-set /objects/f1 status on",
            },
            Is.True);

    [TestCase("tx", "rx", Mark.Warn)]
    [TestCase("tx", "all", Mark.Warn)]
    [TestCase("rx", "rx", Mark.Ok)]
    [TestCase("all", "tx", Mark.Ok)]
    public void Frames_for_the_guest_that_would_leave_by_its_TAP_are_a_warning(string ours, string theirs, Mark mark) =>
        Assert.That(
            PeerStreamTheme.Of(Scene.Of($",queue={ours}").WithPeer(consumers: Scene.Consumer(queue: theirs))).Single().Mark,
            Is.EqualTo(mark));

    [Test]
    public void All_that_is_wrong_is_told_at_once() =>
        Assert.That(
            PeerStreamTheme.Of(Scene.Of().WithPeer(
                frontendOpen: false, consumers: Scene.Consumer("true", "rx", header: new VnetHeaderLength(0, true,
                    "e1000")))).Select(f => f.Mark),
            Is.EqualTo(new[] { Mark.Fail, Mark.Fail, Mark.Fail, Mark.Warn }));

    [TestCase("disconnected:unix:/other", Mark.Warn, "no chardev that connects to unix:/m0")]
    [TestCase("disconnected:unix:/m0,server=on", Mark.Fail, "both would listen")]
    [TestCase("disconnected:unix:/m0", Mark.Warn, "no filter-redirector or colo-compare reads it")]
    public void A_chardev_that_does_not_fit_is_told_apart_from_none(string filename, Mark mark, string part)
    {
        var finding = PeerStreamTheme.Of(Scene.Of().WithPeer(filename: filename)).Single();

        Assert.That((finding.Mark, finding.Remedy is null), Is.EqualTo((mark, false)));
        Assert.That(finding.Text, Does.Contain(part));
    }

    // QEMU 7.2's own words.
    [TestCase("disconnected:unix:/chk/m0", "/chk/m0", true)]
    [TestCase("unix:/chk/m0,server=on", "/chk/m0", true)]
    [TestCase("disconnected:unix:m0,server=on", "/chk/m0", true)]
    [TestCase("disconnected:unix:/chk/m0", "/chk/m00", false)]
    [TestCase("disconnected:unix:/k/m0", "/chk/m0", false)]
    [TestCase("unix:", "/chk/m0", false)]
    [TestCase("disconnected:unix:abs,abstract=on,tight=on,server=on", "abs", true)]
    [TestCase("disconnected:tcp:127.0.0.1:19003,server=on", "/chk/m0", false)]
    public void A_chardev_is_recognised_by_its_path(string filename, string path, bool same) =>
        Assert.That(new PeerChardev("c", filename, true).IsAt(new ChardevAddress.Unix(path)), Is.EqualTo(same));

    [TestCase("disconnected:tcp:::1:19005,server=on", 19005, true)]
    [TestCase("tcp:127.0.0.1:19003,server=on <-> 127.0.0.1:45800", 19003, true)]
    [TestCase("tcp:127.0.0.1:19003,server=on <-> 127.0.0.1:45800", 45800, false)]
    [TestCase("disconnected:tcp:127.0.0.1:19004", 19004, true)]
    [TestCase("tcp:127.0.0.1:45800 <-> 127.0.0.1:19004", 19004, true)]
    [TestCase("tcp:127.0.0.1:45800 <-> 127.0.0.1:19004", 45800, false)]
    [TestCase("pty:/dev/pts/3", 3, false)]
    [TestCase("", 0, false)]
    public void A_chardev_is_recognised_by_its_port(string filename, int port, bool same) =>
        Assert.That(new PeerChardev("c", filename, true).IsAt(new ChardevAddress.Inet("h", port)), Is.EqualTo(same));
}
