using QmpRedirector.Check;
using QmpRedirector.Check.Facts;
using QmpRedirector.Check.Themes;
using QmpRedirector.Net;
using QmpRedirector.Net.Interop;

namespace QmpRedirector.Tests.Check;

internal sealed class HostThemeTests
{
    [Test]
    public void Without_CAP_NET_RAW_run_would_not_work()
    {
        var finding = CapabilityTheme.Of(Scene.Of().WithHost(h => h with { Capabilities = ~Scene.CaptureCapability })).Single();

        Assert.That(finding.Mark, Is.EqualTo(Mark.Fail));
        Assert.That(finding.Remedy, Does.Contain("setcap cap_net_raw+ep").And.Contain("AmbientCapabilities"));
    }

    [Test]
    public void CAP_NET_RAW_is_enough() =>
        Assert.That(CapabilityTheme.Of(Scene.Of()).Single(), Is.EqualTo(new Finding(Mark.Ok, "capabilities", "CAP_NET_RAW, to capture.")));

    [Test]
    public void The_kernel_is_judged_by_what_its_socket_took()
    {
        var finding = KernelTheme.Of(Scene.Of()).Single();

        Assert.That((finding.Mark, finding.Text),
            Is.EqualTo((Mark.Ok, "Linux 6.18.5-generic: a packet socket takes SO_ATTACH_FILTER; pidfd_open works (each tried).")));
    }

    [TestCase(Scene.CaptureCapability, Mark.Fail)]
    [TestCase(0UL, Mark.Warn)]
    public void A_refused_option_fails_unless_it_could_not_be_tried(ulong capabilities, Mark mark)
    {
        var refused = Assert.Throws<LinuxException>(static () => ChardevAddress.IsSocket("/dev/null/x"))!;
        var scene = Scene.Of().WithHost(h => h with
        {
            Capabilities = capabilities,
            Capture = new([], [refused], null),
            Captures = new Dictionary<string, CaptureSupport> { ["f0"] = new([], [refused], null) },
        });

        Assert.That(KernelTheme.Of(scene).Single().Mark, Is.EqualTo(mark));
        Assert.That(KernelTheme.Of(scene).Single().Text.Contains("statx", StringComparison.Ordinal), Is.EqualTo(mark == Mark.Fail));
        Assert.That(BacklogTheme.Of(scene), Is.Empty);
    }

    [Test]
    public void Without_pidfd_the_end_of_QEMU_is_told_less_well() =>
        Assert.That(
            KernelTheme.Of(Scene.Of().WithHost(h => h with { HasPidfd = false })).Select(f => (f.Mark, f.Subject)),
            Is.EqualTo(new[] { (Mark.Ok, "kernel"), (Mark.Warn, "pidfd_open") }));

    [Test]
    public void A_granted_backlog_is_told_in_bytes_frames_and_seconds()
    {
        var finding = BacklogTheme.Of(Scene.Of()).Single();

        Assert.That((finding.Mark, finding.Subject), Is.EqualTo((Mark.Ok, "f0 backlog")));
        Assert.That(finding.Text, Is.EqualTo(
            "32 MiB (33554432 bytes): 9472 frames of up to 1600 bytes (0.947 s at 10000 a second) and "
            + "240 frames of up to 69696 bytes (0.024 s at 10000 a second)."));
    }

    [Test]
    public void A_backlog_the_kernel_has_no_memory_for_is_a_failure()
    {
        var scene = Scene.Of().WithHost(h => h with
        {
            Captures = new Dictionary<string, CaptureSupport> { ["f0"] = new([], [new LinuxException("setsockopt(PACKET_RX_RING)", 12)], null) },
        });

        var finding = BacklogTheme.Of(scene).Single();

        Assert.That((finding.Mark, finding.Subject), Is.EqualTo((Mark.Fail, "f0 backlog")));
        Assert.That(finding.Text, Is.EqualTo(
            "The kernel does not give the memory for 32 MiB (33554432 bytes): setsockopt(PACKET_RX_RING): Cannot allocate memory."));
        Assert.That(finding.Remedy, Does.Contain("backlog="));
    }

    [TestCase("6.18.5-generic", 6, 18)]
    [TestCase("7.1.0-rc3+", 7, 1)]
    [TestCase("10.0", 10, 0)]
    public void The_version_is_the_beginning_of_the_release(string release, int major, int minor) =>
        Assert.That((Scene.Of().Host with { KernelRelease = release }).KernelVersion, Is.EqualTo(new Version(major, minor)));

    [TestCase("custom")]
    [TestCase(null)]
    public void A_release_without_a_version_has_none(string? release) =>
        Assert.That((Scene.Of().Host with { KernelRelease = release }).KernelVersion, Is.Null);

    [Test]
    public void The_pid_file_is_looked_at_only_if_there_is_one()
    {
        var scene = Scene.Of();
        var withFile = scene with { Options = scene.Options with { Run = scene.Options.Run with { PidFile = "/run/x.pid" } } };

        Assert.Multiple(() =>
        {
            Assert.That(PidFileTheme.Of(scene), Is.Empty);
            Assert.That(PidFileTheme.Of(withFile).Single().Mark, Is.EqualTo(Mark.Ok));
            Assert.That(PidFileTheme.Of(withFile with { PidFileProblem = "Permission denied" }).Single() is
            {
                Mark: Mark.Fail,
                Text: "/run/x.pid cannot be written: Permission denied.",
            }, Is.True);
        });
    }
}
