using System.Text.Json.Nodes;
using QmpRedirector.Qmp;
using QmpRedirector.Testing;
using QmpRedirector.Vm;

namespace QmpRedirector.Tests.Vm;

[Category("Qemu")]
public sealed class LiveQemuTests
{
    [Test]
    public async Task A_real_QEMU_is_followed_from_its_start_to_its_end()
    {
        await using var qemu = LiveQemu.Start();
        await using var harness = new FollowerHarness(Options(qemu));
        await using var client = await qemu.ConnectAsync();
        var first = await harness.WaitForAsync(_ => true, "the first snapshot");

        await client.ExecuteAsync("cont");
        await harness.WaitForLastAsync(s => s.Running, "running");
        var before = Now();
        await client.ExecuteAsync("stop");
        var after = Now();
        var stopped = await harness.WaitForLastAsync(s => s.RunState == "paused", "paused");
        await client.ExecuteAsync("system_reset");
        await harness.WaitForNicChangesAsync(2);
        await client.ExecuteAsync("cont");
        await harness.WaitForLastAsync(s => s.Running, "running again");
        await client.ExecuteAsync("quit");
        await harness.WaitForLastAsync(s => s.Phase == VmPhase.Gone, "the end");

        Assert.That((first.RunState, first.QemuPid), Is.EqualTo(("prelaunch", (int?)qemu.Pid)));
        // QEMU's clock has microseconds.
        Assert.That(stopped.ChangedAtNanoseconds, Is.InRange(before - 1000, after));
        Assert.That(harness.NicChanges.Select(c => c.EventName), Does.Contain("RESET").And.Contain("RESUME"));
        // A reset leaves "paused" for "prelaunch", and the end may be seen as "shutdown" before the process is gone.
        var changes = harness.Snapshots.DistinctBy(s => s.ChangedAtNanoseconds).Select(s => s.Running);
        Assert.That(changes, Is.EqualTo(new[] { false, true, false, true, false }));
    }

    [Test]
    public async Task A_real_QEMU_that_has_migrated_away_is_known_to_have_although_no_event_tells()
    {
        await using var qemu = LiveQemu.Start();
        await using var harness = new FollowerHarness(Options(qemu));
        await using var client = await qemu.ConnectAsync();
        await harness.WaitForAsync(_ => true, "the first snapshot");
        await client.ExecuteAsync("cont");
        await harness.WaitForLastAsync(s => s.Running, "running");

        await client.ExecuteAsync("migrate", new JsonObject { ["uri"] = "exec:cat >/dev/null" });
        var last = await harness.WaitForLastAsync(s => s.RunState == "postmigrate", "the end of the migration");

        Assert.That((last.Phase, last.Running), Is.EqualTo((VmPhase.Following, false)));
    }

    [Test]
    public async Task A_killed_QEMU_is_gone([Values] bool watched)
    {
        await using var qemu = LiveQemu.Start();
        await using var harness = new FollowerHarness(watched ? Options(qemu) : FollowerHarness.Options(qemu.Address));
        await harness.WaitForAsync(_ => true, "the first snapshot");

        qemu.Kill();

        Assert.That((await harness.WaitForAsync(s => s.Phase == VmPhase.Gone, "the end")).QemuPid, Is.EqualTo(qemu.Pid));
    }

    [Test]
    public async Task A_monitor_another_client_holds_is_told_from_an_absent_one()
    {
        await using var qemu = LiveQemu.Start();
        await using var holder = await qemu.ConnectAsync();
        var options = FollowerHarness.Options(qemu.Other);
        var impatient = options.Qmp with { GreetingTimeout = TimeSpan.FromMilliseconds(300) };

        await using var harness = new FollowerHarness(options with { Qmp = impatient });

        Assert.That(
            async () => await Bounded.WaitAsync(harness.Running, "the end"),
            Throws.TypeOf<VmUnavailableException>().With.Message.Contains("another client probably holds this monitor"));
    }

    [TestCase("u0", "Netdev 'u0' is of type 'user': its packets never pass a TAP, so there is nothing to capture on.")]
    [TestCase("h0", "Netdev 'h0' is of type 'hubport': its packets never pass a TAP, so there is nothing to capture on.")]
    [TestCase("nope", "QEMU has no netdev 'nope': it has 'h0', 'u0', 'u1'.")]
    public async Task Netdevs_of_a_real_QEMU_without_a_TAP_are_refused(string netdev, string sentence)
    {
        await using var qemu = LiveQemu.Start(
            "-netdev", "user,id=u0", "-device", "virtio-net-pci,netdev=u0", "-netdev", "user,id=u1", "-device", "e1000,netdev=u1",
            "-netdev", "hubport,id=h0,hubid=0");
        await using var client = await qemu.ConnectAsync();

        var resolution = await new NetdevResolver(new ProcFs()).ResolveAsync(client, netdev, qemu.Pid, CancellationToken.None);

        Assert.That(resolution.Sentence, Is.EqualTo(sentence));
    }

    [TestCase("u0", 0, "its netdev has no virtio-net header")]
    [TestCase("u1", 0, "is a e1000: no virtio-net header")]
    [TestCase("u2", null, "shows no NIC")]
    public async Task The_header_of_NICs_of_a_real_QEMU_is_told(string netdev, int? bytes, string how)
    {
        await using var qemu = LiveQemu.Start(
            "-netdev", "user,id=u0", "-device", "virtio-net-pci,netdev=u0", "-nic", "user,id=u1,model=e1000", "-netdev", "user,id=u2");
        await using var client = await qemu.ConnectAsync();

        var length = await VnetHeaderLengthReader.ReadAsync(client, netdev, CancellationToken.None);

        Assert.That(length.Bytes, Is.EqualTo(bytes));
        Assert.That(length.How, Does.Contain(how));
    }

    private static VmFollowerOptions Options(LiveQemu qemu) => FollowerHarness.Options(qemu.Address) with
    {
        ProcessExit = (pid, ct) => pid == qemu.Pid ? qemu.ExitAsync(ct) : throw new NotSupportedException(),
    };

    private static long Now() => (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
}
