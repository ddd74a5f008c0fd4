using QmpRedirector.Testing;
using QmpRedirector.Vm;

namespace QmpRedirector.Tests.Vm;

public sealed class VmFollowerTests
{
    [TestCase("debug", false)]
    [TestCase("inmigrate", false)]
    [TestCase("internal-error", false)]
    [TestCase("io-error", false)]
    [TestCase("paused", false)]
    [TestCase("postmigrate", false)]
    [TestCase("prelaunch", false)]
    [TestCase("finish-migrate", false)]
    [TestCase("restore-vm", false)]
    [TestCase("running", true)]
    [TestCase("save-vm", false)]
    [TestCase("shutdown", false)]
    [TestCase("suspended", false)]
    [TestCase("watchdog", false)]
    [TestCase("guest-panicked", false)]
    [TestCase("colo", false)]
    public async Task The_first_answer_tells_the_run_state(string state, bool running)
    {
        await using var vm = FakeVm.Start(state);
        await using var harness = new FollowerHarness(FollowerHarness.Options(vm.Address));

        var first = await harness.WaitForAsync(_ => true, "the first snapshot");

        Assert.That(
            (first.Phase, first.RunState, first.Running, first.Cause, first.QemuPid, first.Generation),
            Is.EqualTo((VmPhase.Following, state, running, "QMP connected", (int?)Environment.ProcessId, 1L)));
        Assert.That(harness.Follower.Client, Is.Not.Null);
    }

    [Test]
    public async Task STOP_is_reported_with_its_own_time_before_anything_is_asked()
    {
        await using var vm = FakeVm.Start();
        var asked = new List<int>();
        await using var harness = new FollowerHarness(
            FollowerHarness.Options(vm.Address), snapshot => asked.Add(vm.Received("query-status")));
        await harness.WaitForAsync(_ => true, "the first snapshot");
        var stamped = ScriptedQemu.NowMicroseconds() - 2_000_000;

        await vm.StopVmAsync(stamped, "io-error");
        var named = await harness.WaitForAsync(s => s.RunState == "io-error", "the answer");

        var stop = harness.Snapshots[1];
        Assert.That(
            (stop.Phase, stop.RunState, stop.Running, stop.ChangedAtNanoseconds, stop.Cause),
            Is.EqualTo((VmPhase.Following, (string?)null, false, stamped, "STOP event")));
        Assert.That(asked, Is.EqualTo(new[] { 1, 1, 2 }));
        Assert.That((named.ChangedAtNanoseconds, named.Cause), Is.EqualTo((stamped, "query-status")));
    }

    [TestCase(-6_000_000_000)]
    [TestCase(3_600_000_000_000)]
    [TestCase(null)]
    public async Task A_STOP_whose_time_cannot_be_ours_closed_at_its_receipt(long? offset)
    {
        await using var vm = FakeVm.Start();
        await using var harness = new FollowerHarness(FollowerHarness.Options(vm.Address));
        await harness.WaitForAsync(_ => true, "the first snapshot");

        var before = ScriptedQemu.NowMicroseconds();
        await vm.StopVmAsync(before + offset);
        var stop = await harness.WaitForAsync(s => s.Cause == "STOP event", "STOP");

        Assert.That(stop.ChangedAtNanoseconds, Is.InRange(before, ScriptedQemu.NowMicroseconds() + 1000));
    }

    [Test]
    public async Task RESUME_is_reported_at_once_and_opens_at_its_receipt()
    {
        await using var vm = FakeVm.Start("paused");
        await using var harness = new FollowerHarness(FollowerHarness.Options(vm.Address));
        await harness.WaitForAsync(_ => true, "the first snapshot");

        var before = ScriptedQemu.NowMicroseconds();
        vm.RunState = "running";
        await vm.EmitAsync("RESUME", timestampNs: before - 1_000_000);
        var resumed = await harness.WaitForAsync(s => s.Running, "RESUME");
        await harness.WaitForNicChangesAsync(1);

        Assert.That((resumed.RunState, resumed.Cause), Is.EqualTo(("running", "RESUME event")));
        Assert.That(resumed.ChangedAtNanoseconds, Is.GreaterThanOrEqualTo(before));
        Assert.That(harness.NicChanges, Is.EqualTo(new[] { new NicChange("RESUME", null) }));
    }

    [Test]
    public async Task A_RESUME_that_leaves_the_guest_suspended_is_corrected()
    {
        await using var vm = FakeVm.Start("paused");
        await using var harness = new FollowerHarness(FollowerHarness.Options(vm.Address));
        await harness.WaitForAsync(_ => true, "the first snapshot");

        vm.RunState = "suspended";
        await vm.EmitAsync("RESUME");
        var corrected = await harness.WaitForAsync(s => s.RunState == "suspended", "the answer");

        Assert.That(harness.Snapshots.Select(s => s.Running), Is.EqualTo(new[] { false, true, false }));
        Assert.That(corrected.ChangedAtNanoseconds, Is.GreaterThanOrEqualTo(harness.Snapshots[1].ChangedAtNanoseconds));
    }

    [TestCase("SUSPEND")]
    [TestCase("WAKEUP")]
    [TestCase("RESET")]
    [TestCase("SHUTDOWN")]
    [TestCase("GUEST_PANICKED")]
    [TestCase("MIGRATION")]
    [TestCase("COLO_EXIT")]
    [TestCase("BLOCK_IO_ERROR")]
    [TestCase("WATCHDOG")]
    public async Task Any_other_event_of_the_run_state_only_asks_again(string name)
    {
        await using var vm = FakeVm.Start();
        await using var harness = new FollowerHarness(FollowerHarness.Options(vm.Address));
        await harness.WaitForAsync(_ => true, "the first snapshot");

        vm.RunState = "suspended";
        await vm.EmitAsync(name, """{"status": "active"}""");
        var told = await harness.WaitForAsync(s => !s.Running, "the answer");

        Assert.That((told.RunState, told.Cause), Is.EqualTo(("suspended", "query-status")));
        Assert.That(harness.Snapshots, Has.Length.EqualTo(2));
    }

    [TestCase("finish-migrate", "postmigrate")]
    [TestCase("inmigrate", "paused")]
    [TestCase("save-vm", "running")]
    [TestCase("restore-vm", "paused")]
    [TestCase("colo", "running")]
    public async Task A_run_state_that_QEMU_leaves_without_an_event_is_asked_for_each_second(string state, string next)
    {
        await using var vm = FakeVm.Start(state);
        var clock = new StandingClock();
        await using var harness = new FollowerHarness(WithoutTimeout(vm), time: clock);
        await harness.WaitForAsync(_ => true, "the first snapshot");
        for (var asked = 1; asked <= 3; asked++)
        {
            await clock.TimerSetAsync();
            Assert.That(vm.Received("query-status"), Is.EqualTo(asked));
            if (asked == 3)
                vm.RunState = next;
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        var left = await harness.WaitForAsync(s => s.RunState == next, "the next state");

        Assert.That((left.Running, left.Cause), Is.EqualTo((next == "running", "query-status")));
        await PumpOnceMoreAsync(vm, harness);
        Assert.That(clock.Timers, Is.EqualTo(3), "it is stable and not asked for any more");
    }

    [TestCase("running")]
    [TestCase("paused")]
    [TestCase("postmigrate")]
    public async Task A_stable_run_state_is_not_asked_for_again(string state)
    {
        await using var vm = FakeVm.Start(state);
        var clock = new StandingClock();
        await using var harness = new FollowerHarness(WithoutTimeout(vm), time: clock);
        await harness.WaitForAsync(_ => true, "the first snapshot");

        await PumpOnceMoreAsync(vm, harness);

        Assert.That(clock.Timers, Is.Zero);
    }

    [TestCase("DEVICE_DELETED", """{"device": "nic0", "path": "/machine/peripheral/nic0"}""", null)]
    [TestCase("NETDEV_STREAM_CONNECTED", """{"netdev-id": "net3", "addr": {"type": "unix", "path": "x"}}""", "net3")]
    [TestCase("NETDEV_STREAM_DISCONNECTED", """{"netdev-id": "net3"}""", "net3")]
    [TestCase("NETDEV_VHOST_USER_CONNECTED", """{"netdev-id": "net3", "chardev-id": "c"}""", "net3")]
    [TestCase("NETDEV_VHOST_USER_DISCONNECTED", "\"text, as virt-qemu-qmp-proxy sends it\"", null)]
    [TestCase("RESET", """{"guest": true, "reason": "guest-reset"}""", null)]
    public async Task Events_of_NICs_and_netdevs_are_passed_on(string name, string data, string? netdev)
    {
        await using var vm = FakeVm.Start();
        await using var harness = new FollowerHarness(FollowerHarness.Options(vm.Address));
        await harness.WaitForAsync(_ => true, "the first snapshot");

        await vm.EmitAsync(name, data);
        await harness.WaitForNicChangesAsync(1);

        Assert.That(harness.NicChanges, Is.EqualTo(new[] { new NicChange(name, netdev) }));
    }

    [Test]
    public async Task A_changed_receive_filter_is_passed_on_and_unmuted()
    {
        await using var vm = FakeVm.Start();
        await using var harness = new FollowerHarness(FollowerHarness.Options(vm.Address));
        await harness.WaitForAsync(_ => true, "the first snapshot");
        await vm.WaitForCommandAsync("query-rx-filter");

        await vm.EmitAsync("NIC_RX_FILTER_CHANGED", """{"name": "nic0", "path": "/machine/peripheral/nic0/virtio-backend"}""");

        await vm.WaitForCommandAsync("query-rx-filter", 2);
        Assert.That(harness.NicChanges, Is.EqualTo(new[] { new NicChange("NIC_RX_FILTER_CHANGED", null) }));
    }

    [Test]
    public async Task A_status_and_running_that_disagree_are_taken_by_the_status()
    {
        await using var vm = FakeVm.Start();
        vm.Handlers["query-status"] = _ => """{"status": "paused", "running": true}""";
        await using var harness = new FollowerHarness(FollowerHarness.Options(vm.Address));

        Assert.That((await harness.WaitForAsync(_ => true, "the first snapshot")).Running, Is.False);
    }

    [Test]
    public async Task What_an_observer_throws_ends_the_follower()
    {
        await using var vm = FakeVm.Start();
        await using var harness = new FollowerHarness(
            FollowerHarness.Options(vm.Address), _ => throw new VmUnavailableException("observer"));

        Assert.That(
            async () => await Bounded.WaitAsync(harness.Running, "the end"),
            Throws.TypeOf<VmUnavailableException>().With.Message.EqualTo("observer"));
    }

    private static VmFollowerOptions WithoutTimeout(FakeVm vm) =>
        FollowerHarness.Options(vm.Address) with { QmpTimeout = Timeout.InfiniteTimeSpan };

    // Whatever an answer has led to has been done before the next event is told.
    private static async Task PumpOnceMoreAsync(FakeVm vm, FollowerHarness harness)
    {
        await vm.EmitAsync("DEVICE_DELETED");
        await harness.WaitForNicChangesAsync(1);
    }
}
