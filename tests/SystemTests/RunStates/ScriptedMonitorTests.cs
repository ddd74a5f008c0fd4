using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.RunStates;

/// <summary>What no real QEMU says on demand: every run state, every order of events and answers, connections lost at any moment.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
internal sealed class ScriptedMonitorTests
{
    private Lab _lab = null!;
    private ScriptedMonitor _monitor = null!;
    private EightRedirectors _redirectors = null!;

    /// <summary>A running VM without a QEMU: the TAP is the test's, and ifname= names it.</summary>
    [SetUp]
    public async Task A_VM_is_running()
    {
        _lab = await Lab.CreateAsync();
        await _lab.OpenTapAsync();
        _monitor = ScriptedMonitor.Start(_lab.Monitor);
        _redirectors = await EightRedirectors.StartAsync(_lab, $",ifname={Lab.TapName}");
        await _monitor.AcceptAsync();
        await _monitor.SettleAsync("running");
        await _redirectors.ReadyAsync();
        _redirectors.Send("running");
    }

    [TearDown]
    public async Task The_lab_is_taken_down()
    {
        await _monitor.DisposeAsync();
        await _lab.DisposeAsync();
    }

    [Test]
    public async Task Every_run_state_entered_by_an_event_activates_its_redirectors()
    {
        (string RunState, string[] Events)[] entered =
        [
            ("debug", ["STOP"]), ("inmigrate", ["RESET"]), ("internal-error", ["STOP"]), ("io-error", ["BLOCK_IO_ERROR", "STOP"]),
            ("paused", ["STOP"]), ("postmigrate", ["STOP", "MIGRATION"]), ("prelaunch", ["RESET"]), ("finish-migrate", ["STOP"]),
            ("restore-vm", ["STOP"]), ("save-vm", ["STOP"]), ("shutdown", ["SHUTDOWN", "STOP"]), ("suspended", ["SUSPEND"]),
            ("watchdog", ["WATCHDOG", "STOP"]), ("guest-panicked", ["GUEST_PANICKED", "STOP"]), ("colo", ["STOP"]),
        ];
        Assert.That(entered.Select(e => e.RunState).Concat(["running", "stopped"]), Is.EquivalentTo(RunStateTable.Active.Keys));

        foreach (var (runState, events) in entered)
        {
            await _monitor.EmitAsync(events);
            await EnterAsync(runState);
            await _monitor.EmitAsync(runState == "suspended" ? "WAKEUP" : "RESUME");
            await EnterAsync("running");
        }

        await _redirectors.EndAsync();
    }

    [Test]
    public async Task Every_event_that_can_change_the_run_state_makes_the_sidecar_ask_for_it()
    {
        string[] events =
        [
            "STOP", "RESUME", "SUSPEND", "WAKEUP", "RESET", "SHUTDOWN", "GUEST_PANICKED", "MIGRATION", "COLO_EXIT", "WATCHDOG",
            "BLOCK_IO_ERROR",
        ];
        var runState = "running";
        foreach (var told in events)
        {
            // With this answer nothing is left to ask; the next query is the event's.
            await _monitor.AnswerAsync(runState);
            await _monitor.EmitAsync(told);
            await _monitor.HoldNextAsync();
            runState = runState == "running" ? "suspended" : "running";
            await EnterAsync(runState);
        }

        await _redirectors.EndAsync();
    }

    [Test]
    public async Task A_connection_lost_in_any_run_state_keeps_it_until_the_next_one_tells_another()
    {
        foreach (var runState in RunStateTable.Active.Keys.Except(["running", "stopped"]).Order())
        {
            await LoseAsync("running");
            await _monitor.AcceptAsync();
            await EnterAsync(runState);
            await LoseAsync(runState);
            await _monitor.AcceptAsync();
            await EnterAsync("running");
        }

        await _redirectors.EndAsync();
    }

    /// <summary>
    /// All orders of five events, and in each the answer to the query in flight at each place between them. What QEMU says last is not what
    /// the events would make one think, so only asking again gets it right.
    /// </summary>
    [Test]
    public async Task In_whatever_order_events_and_answers_come_the_last_answer_counts()
    {
        string[] finals = ["running", "paused", "suspended", "shutdown", "running", "prelaunch"];
        var runState = "running";
        var scripts = 0;
        foreach (var events in OrdersOf(["STOP", "RESUME", "SUSPEND", "WAKEUP", "RESET"]))
        {
            for (var place = 0; place <= events.Length; place++)
            {
                await _monitor.EmitAsync(events[..place]);
                await _monitor.AnswerAsync(events[..place].Aggregate(runState, After));
                await _monitor.EmitAsync(events[place..]);
                await _monitor.HoldNextAsync();
                runState = finals[scripts++ % finals.Length];
                await EnterAsync(runState);
            }
        }

        Assert.That(scripts, Is.EqualTo(720));
        await _redirectors.EndAsync();
    }

    [TestCase("running", "STOP")]
    [TestCase("paused", "RESUME")]
    [TestCase("suspended", "RESUME")]
    [TestCase("suspended", "SUSPEND")]
    [TestCase("running", "WAKEUP", "STOP")]
    public async Task Events_from_before_the_first_answer_do_not_outlive_it(string runState, params string[] events)
    {
        foreach (var before in (string[])["paused", "running"])
        {
            await EnterAsync(before);
            await LoseAsync(before);
            await _monitor.AcceptAsync(beforeCapabilities: events);
            await EnterAsync(runState);
            await LoseAsync(runState);
            await _monitor.AcceptAsync(beforeTheirReturn: events);
            await EnterAsync(runState);
            await LoseAsync(runState);
            await _monitor.AcceptAsync(afterTheirReturn: events);
            await EnterAsync(runState);
        }

        await _redirectors.EndAsync();
    }

    [Test]
    public async Task Without_an_answer_the_events_alone_tell()
    {
        await LearnAsync("STOP", "stopped");
        await _monitor.EmitAsync("STOP", "SUSPEND", "STOP");
        _redirectors.Send("stopped");
        await LearnAsync("RESUME", "running");
        await _monitor.EmitAsync("RESUME", "RESET", "WAKEUP", "RESUME");
        _redirectors.Send("running");
        await LearnAsync("STOP", "stopped");

        await _redirectors.EndAsync();
    }

    /// <summary>On QEMU 10 a guest stopped while it slept sleeps on (system/cpus.c, vm_was_suspended).</summary>
    [Test]
    public async Task A_RESUME_that_leaves_the_guest_suspended_counts_until_the_answer_says_so()
    {
        await _monitor.EmitAsync("SUSPEND");
        await EnterAsync("suspended");
        await _monitor.EmitAsync("STOP");
        await EnterAsync("paused");
        await LearnAsync("RESUME", "running");
        await EnterAsync("suspended");
        await _monitor.EmitAsync("WAKEUP");
        await EnterAsync("running");

        await _redirectors.EndAsync();
    }

    /// <summary>A stop requested while the VM starts: STOP and RESUME at once, in this order (softmmu/cpus.c, vm_prepare_start).</summary>
    [TestCase("STOP", "RESUME", "running")]
    [TestCase("RESUME", "STOP", "paused")]
    [TestCase("STOP", "STOP", "paused")]
    [TestCase("RESUME", "RESUME", "running")]
    public async Task Two_events_back_to_back_end_where_the_second_says(string first, string second, string runState)
    {
        foreach (var before in (string[])["running", "paused"])
        {
            await EnterAsync(before);
            await _monitor.EmitAsync(first, second);
            await EnterAsync(runState);
        }

        await _redirectors.EndAsync();
    }

    private async Task EnterAsync(string runState)
    {
        await _monitor.SettleAsync(runState);
        _redirectors.Send(runState);
    }

    /// <summary>An event that must be acted upon while the query it causes has no answer.</summary>
    private async Task LearnAsync(string told, string runState)
    {
        var mark = _redirectors.LogMark;
        await _monitor.EmitAsync(told);
        await _redirectors.WaitForRunStateAsync(mark, runState, $"{told} event");
        _redirectors.Send(runState);
    }

    private async Task LoseAsync(string runState)
    {
        var mark = _redirectors.LogMark;
        await _monitor.DropAsync();
        await _redirectors.WaitForLogAsync(mark, "keeping the last run state");
        _redirectors.Send(runState);
    }

    private static string After(string runState, string told) => told switch
    {
        "STOP" => "paused",
        "RESUME" or "WAKEUP" => "running",
        "SUSPEND" => "suspended",
        _ => runState,
    };

    private static IEnumerable<string[]> OrdersOf(string[] items) => items.Length == 0
        ? [[]]
        : items.SelectMany((first, i) => OrdersOf([.. items[..i], .. items[(i + 1)..]]).Select(rest => (string[])[first, .. rest]));
}
