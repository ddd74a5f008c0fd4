using QmpRedirector.Check;
using QmpRedirector.Check.Facts;
using QmpRedirector.Check.Themes;
using QmpRedirector.Qmp;
using QmpRedirector.Testing;

namespace QmpRedirector.Tests.Check;

internal sealed class VmThemeTests
{
    [Test]
    public void A_reachable_QEMU_is_told_with_version_and_process() =>
        Assert.That(
            QmpTheme.Of(Scene.Of()).Single(), Is.EqualTo(new Finding(Mark.Ok, "qmp", "QEMU 7.2.0 at unix:/qmp, process 4711.")));

    [Test]
    public async Task A_monitor_that_does_not_greet_is_called_taken()
    {
        await using var server = FakeQmpServer.Start();
        var asked = await Asked<VmFacts>.OnceAsync(
            new QmpClientOptions { Address = server.Address, GreetingTimeout = TimeSpan.FromMilliseconds(50) },
            static _ => throw new AssertionException("nothing can be asked"),
            CancellationToken.None);

        var finding = QmpTheme.Of(Scene.Of() with { Vm = asked }).Single();

        Assert.That(finding.Mark, Is.EqualTo(Mark.Fail));
        Assert.That(finding.Text, Does.StartWith($"{server.Address} is taken, perhaps by a running qmp-redirector:"));
        Assert.That(finding.Remedy, Does.Contain("-qmp unix:PATH,server=on,wait=off"));
    }

    [TestCase(30, Mark.Fail, "'run' would wait 30 s for it.")]
    [TestCase(-1, Mark.Warn, "'run' would wait for it for ever")]
    public async Task An_absent_QEMU_fails_unless_it_is_waited_for_for_ever(int seconds, Mark mark, string part)
    {
        using var folder = new TempDirectory();
        Assert.That(QmpAddress.TryParse(folder.File("none"), out var address, out _), Is.True);
        var asked = await Asked<VmFacts>.OnceAsync(
            new QmpClientOptions { Address = address! }, static _ => throw new AssertionException("nobody is "
                + "there"), CancellationToken.None);
        var scene = Scene.Of();
        var timeout = seconds < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(seconds);
        scene = scene with { Vm = asked, Options = scene.Options with { Run = scene.Options.Run with { QmpTimeout = timeout } } };

        var finding = QmpTheme.Of(scene).Single();

        Assert.That(finding.Mark, Is.EqualTo(mark));
        Assert.That(finding.Text, Does.Contain(part).And.Contain("there is no such socket"));
        Assert.That(RunStateTheme.Of(scene).Concat(ActivityTheme.Of(scene)).Concat(MigrationEventsTheme.Of(scene)), Is.Empty);
    }

    [Test]
    public void A_passed_on_connection_is_left_for_run() =>
        Assert.That(QmpTheme.Of(Scene.Of() with { Vm = null }).Single() is { Mark: Mark.Warn } finding
            && finding.Text.Contains("was not tried", StringComparison.Ordinal), Is.True);

    [TestCase("", "running", "Would be active now: the VM is running.")]
    [TestCase("", "paused", "Would not be active now: the VM is paused and enable_when_stopped is off.")]
    [TestCase(",enable_when_stopped=on", "paused", "Would be active now: the VM is paused.")]
    [TestCase(",disable_when_running=on", "running", "Would not be active now: the VM is running and disable_when_running is on.")]
    [TestCase(",status=off", "running", "Would not be active now: its status is off.")]
    public void Whether_it_would_be_active_is_told_with_the_reason(string properties, string state, string text)
    {
        var scene = Scene.Of(properties).WithVm(vm => vm with { RunState = state, Running = state == "running" });

        Assert.That(ActivityTheme.Of(scene).Single(), Is.EqualTo(new Finding(Mark.Ok, "f0 state", text)));
        Assert.That(RunStateTheme.Of(scene).Single().Text, Is.EqualTo($"The VM is {state}."));
    }

    [Test]
    public void With_wait_on_it_would_be_active_with_its_first_peer() =>
        Assert.That(
            ActivityTheme.Of(Scene.Of(chardev: "socket,id=m0,path=/m0,server=on")).Single().Text,
            Is.EqualTo("Would be active now, once a first peer has connected to m0 (wait=on): the VM is running."));

    [TestCase(true, "is on")]
    [TestCase(false, "is off")]
    public void Migration_events_are_only_a_note(bool events, string part)
    {
        var finding = MigrationEventsTheme.Of(Scene.Of().WithVm(vm => vm with { MigrationEvents = events })).Single();

        Assert.That((finding.Mark, finding.Text.Contains(part, StringComparison.Ordinal)), Is.EqualTo((Mark.Ok, true)));
    }

    [TestCase("tx", "= towards the guest = PACKET_OUTGOING on the TAP.")]
    [TestCase("rx", "= from the guest = all but PACKET_OUTGOING on the TAP.")]
    [TestCase("all", "both ways")]
    public void The_three_names_of_a_direction_are_put_side_by_side(string queue, string part) =>
        Assert.That(DirectionTheme.Of(Scene.Of($",queue={queue}")).Single().Text, Does.Contain($"queue={queue}").And.Contain(part));
}
