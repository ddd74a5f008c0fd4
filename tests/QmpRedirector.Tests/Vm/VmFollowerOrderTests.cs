using System.Diagnostics;
using QmpRedirector.Testing;
using QmpRedirector.Vm;

namespace QmpRedirector.Tests.Vm;

/// <summary>Events and answers that cross on the way.</summary>
public sealed class VmFollowerOrderTests
{
    [Test]
    public async Task An_answer_written_before_a_STOP_does_not_undo_it()
    {
        await using var server = FakeQmpServer.Start();
        await using var harness = new FollowerHarness(FollowerHarness.Options(server.Address));
        var qemu = await ScriptedQemu.AcceptAsync(server, "running");
        await harness.WaitForAsync(s => s.Running, "running");

        await qemu.SendEventAsync("WAKEUP");
        var asked = await ScriptedQemu.ExpectStatusAsync(qemu);
        await qemu.SendReturnAsync(ScriptedQemu.Status("running"), asked);
        await qemu.SendEventAsync("STOP");
        await harness.WaitForAsync(s => s.Cause == "STOP event", "STOP");
        await qemu.SendReturnAsync(ScriptedQemu.Status("paused"), await ScriptedQemu.ExpectStatusAsync(qemu));
        await harness.WaitForAsync(s => s.RunState == "paused", "the confirmation");

        Assert.That(harness.Snapshots.Select(s => s.Running), Is.EqualTo(new[] { true, false, false }));
    }

    [Test]
    public async Task A_STOP_keeps_its_time_though_the_answer_after_it_is_there_as_well()
    {
        await using var server = FakeQmpServer.Start();
        using var read = new ManualResetEventSlim();
        await using var harness = new FollowerHarness(FollowerHarness.Options(server.Address), snapshot =>
        {
            if (snapshot.Running)
                read.Wait(Bounded.Limit);
        });
        var qemu = await ScriptedQemu.AcceptAsync(server, "paused");
        await harness.WaitForAsync(_ => true, "the first snapshot");
        var client = harness.Follower.Client!;
        var stamped = ScriptedQemu.NowMicroseconds() - 1_000_000;

        // A query in flight and one more wanted; the first answer makes the observer block, with the second query on its way.
        await qemu.SendEventAsync("WAKEUP");
        var first = await ScriptedQemu.ExpectStatusAsync(qemu);
        await qemu.SendEventAsync("WAKEUP");
        await qemu.SendEventAsync("DEVICE_DELETED");
        await harness.WaitForNicChangesAsync(1);
        await qemu.SendReturnAsync(ScriptedQemu.Status("running"), first);
        var second = await ScriptedQemu.ExpectStatusAsync(qemu);
        await qemu.SendEventAsync("STOP", timestampNs: stamped);
        await qemu.SendReturnAsync(ScriptedQemu.Status("paused"), second);
        var last = client.ExecuteAsync("query-name");
        await qemu.SendReturnAsync("{}", await qemu.ExpectAsync("query-name"));
        await Bounded.WaitAsync(last, "all to be read");
        read.Set();
        await harness.WaitForLastAsync(s => s.RunState == "paused", "the answer");

        Assert.That(harness.Snapshots.Select(s => (s.Cause, s.ChangedAtNanoseconds)).Skip(2), Is.EqualTo(new[]
        {
            ("STOP event", stamped), ("query-status", stamped),
        }));
    }

    [Test]
    public async Task Events_lost_unread_make_it_ask_again()
    {
        await using var server = FakeQmpServer.Start();
        using var read = new ManualResetEventSlim();
        var options = FollowerHarness.Options(server.Address);
        var forgetful = options.Qmp with { EventQueueCapacity = 2 };
        await using var harness = new FollowerHarness(options with { Qmp = forgetful }, snapshot =>
        {
            if (snapshot.Running)
                read.Wait(Bounded.Limit);
        });
        var qemu = await ScriptedQemu.AcceptAsync(server, "running");
        await harness.WaitForAsync(s => s.Running, "running");

        await qemu.SendEventAsync("SUSPEND");
        for (var i = 0; i < 3; i++)
            await qemu.SendEventAsync("NETDEV_STREAM_CONNECTED");
        var last = harness.Follower.Client!.ExecuteAsync("query-name");
        var asked = await qemu.ReceiveAsync();
        if (asked?.Name == "query-rx-filter")
            asked = await qemu.ReceiveAsync();
        await qemu.SendReturnAsync("{}", asked);
        await Bounded.WaitAsync(last, "all to be read");
        read.Set();
        await qemu.SendReturnAsync(ScriptedQemu.Status("suspended"), await ScriptedQemu.ExpectStatusAsync(qemu));

        await harness.WaitForLastAsync(s => s.RunState == "suspended", "the answer");
    }

    [Test]
    public async Task A_burst_of_events_costs_one_query_in_flight_and_one_more()
    {
        await using var server = FakeQmpServer.Start();
        await using var harness = new FollowerHarness(FollowerHarness.Options(server.Address));
        var qemu = await ScriptedQemu.AcceptAsync(server, "running");
        await harness.WaitForAsync(s => s.Running, "running");

        await qemu.SendEventAsync("SUSPEND");
        var asked = await ScriptedQemu.ExpectStatusAsync(qemu);
        for (var i = 0; i < 50; i++)
            await qemu.SendEventAsync("WATCHDOG");
        await qemu.SendEventAsync("DEVICE_DELETED");
        await harness.WaitForNicChangesAsync(1);
        await qemu.SendReturnAsync(ScriptedQemu.Status("suspended"), asked);
        await qemu.SendReturnAsync(ScriptedQemu.Status("running"), await ScriptedQemu.ExpectStatusAsync(qemu));
        await harness.WaitForLastAsync(s => s.Running, "the second answer");
        await qemu.SendEventAsync("NETDEV_STREAM_CONNECTED");
        await harness.WaitForNicChangesAsync(2);

        await harness.StopAsync();
        await qemu.ExpectCloseAsync();
    }

    [Test]
    public async Task A_query_without_answer_is_asked_again_only_after_a_pause()
    {
        var (timeout, pause) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        await using var server = FakeQmpServer.Start();
        var options = FollowerHarness.Options(server.Address);
        var impatient = options.Qmp with { CommandTimeout = timeout };
        await using var harness = new FollowerHarness(options with { Qmp = impatient, RetryInterval = pause });
        var qemu = await server.AcceptNegotiatedAsync();
        await qemu.SendReturnAsync("[]", await qemu.ExpectAsync("query-cpus-fast"));

        await ScriptedQemu.ExpectStatusAsync(qemu);
        var asked = Stopwatch.GetTimestamp();
        await ScriptedQemu.ExpectStatusAsync(qemu);

        // Half of it, as the first one was written some time before it was read.
        Assert.That(Stopwatch.GetElapsedTime(asked), Is.GreaterThanOrEqualTo(timeout + (pause / 2)));
    }

    [Test]
    public async Task A_query_without_answer_in_time_is_asked_again()
    {
        await using var server = FakeQmpServer.Start();
        var options = FollowerHarness.Options(server.Address);
        var impatient = options.Qmp with { CommandTimeout = TimeSpan.FromMilliseconds(100) };
        await using var harness = new FollowerHarness(options with { Qmp = impatient });
        var qemu = await server.AcceptNegotiatedAsync();
        await qemu.ExpectAsync("query-cpus-fast");
        await ScriptedQemu.ExpectStatusAsync(qemu);

        // This answer, too, may be late on a busy machine: then it is asked for once more.
        var first = harness.WaitForAsync(_ => true, "the first snapshot");
        while (!first.IsCompleted)
        {
            var asked = ScriptedQemu.ExpectStatusAsync(qemu);
            if (await Task.WhenAny(asked, first) == asked)
                await qemu.SendReturnAsync(ScriptedQemu.Status("paused"), await asked);
        }

        Assert.That(((await first).RunState, (await first).QemuPid), Is.EqualTo(("paused", (int?)null)));
    }
}
