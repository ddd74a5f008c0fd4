using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using QmpRedirector.Qmp;
using QmpRedirector.Testing;
using QmpRedirector.Vm;

namespace QmpRedirector.Tests.Vm;

/// <summary>QEMU comes, goes, and comes again.</summary>
public sealed class VmFollowerLifeTests
{
    private readonly ConcurrentDictionary<int, TaskCompletionSource> _exits = new();
    private string _directory = null!;
    private string _path = null!;

    [SetUp]
    public void MakeDirectory()
    {
        _exits.Clear();
        _directory = Directory.CreateTempSubdirectory("vm-").FullName;
        _path = Path.Combine(_directory, "qmp.sock");
    }

    [TearDown]
    public void RemoveDirectory() => Directory.Delete(_directory, recursive: true);

    [Test]
    public async Task Cancelling_ends_it_while_it_waits_and_while_it_follows([Values] bool present)
    {
        await using var vm = present ? FakeVm.StartAt(_path) : null;
        await using var harness = new FollowerHarness(Options());
        if (present)
            await harness.WaitForAsync(_ => true, "the first snapshot");

        await harness.StopAsync();

        Assert.That(harness.Running.IsCanceled, Is.True);
        Assert.That(harness.Follower.Client, Is.Null);
    }

    [Test]
    public async Task A_lost_connection_keeps_the_state_and_every_reconnect_asks_again()
    {
        await using var vm = FakeVm.StartAt(_path);
        await using var harness = new FollowerHarness(Options());
        var first = await harness.WaitForAsync(_ => true, "the first snapshot");

        for (var round = 1; round <= 3; round++)
        {
            vm.RunState = round % 2 == 1 ? "paused" : "running";
            await vm.DropClientAsync();
            await harness.WaitForLastAsync(s => s.RunState == vm.RunState && s.Phase == VmPhase.Following, $"reconnection {round}");
        }

        Assert.That(
            harness.Snapshots.Select(s => (s.Phase, s.RunState, s.Running, s.Cause)),
            Is.EqualTo(new[]
            {
                (VmPhase.Following, "running", true, "QMP connected"),
                (VmPhase.Lost, "running", true, "QMP lost"),
                (VmPhase.Following, "paused", false, "QMP reconnected"),
                (VmPhase.Lost, "paused", false, "QMP lost"),
                (VmPhase.Following, "running", true, "QMP reconnected"),
                (VmPhase.Lost, "running", true, "QMP lost"),
                (VmPhase.Following, "paused", false, "QMP reconnected"),
            }));
        Assert.That(harness.Snapshots.Select(s => s.Generation).Distinct(), Is.EqualTo(new[] { 1L }));
        Assert.That(harness.Snapshots[1].ChangedAtNanoseconds, Is.EqualTo(first.ChangedAtNanoseconds));
    }

    [Test]
    public async Task Connections_that_end_at_once_are_not_made_again_at_full_speed()
    {
        var interval = TimeSpan.FromMilliseconds(100);
        await using var vm = FakeVm.StartAt(_path);
        var started = Stopwatch.GetTimestamp();
        await using var harness = new FollowerHarness(Options() with { RetryInterval = interval });

        for (var connections = 1; connections <= 4; connections++)
        {
            await harness.WaitForLastAsync(
                _ => harness.Snapshots.Count(s => s.Phase == VmPhase.Following) == connections, $"connection {connections}");
            await vm.DropClientAsync();
        }

        // Three pauses; a timer's tick may be a moment early. At full speed it takes a few milliseconds.
        Assert.That(Stopwatch.GetElapsedTime(started), Is.GreaterThan(2.5 * interval));
    }

    [Test]
    public async Task While_the_process_lives_an_absent_socket_is_only_a_lost_connection()
    {
        var vm = FakeVm.StartAt(_path);
        await using var harness = new FollowerHarness(Options());
        await harness.WaitForAsync(_ => true, "the first snapshot");

        await vm.DisposeAsync();
        await harness.WaitForLastAsync(s => s.Phase == VmPhase.Lost, "the loss");
        await using var again = FakeVm.StartAt(_path, "paused");
        var last = await harness.WaitForLastAsync(s => s.Phase == VmPhase.Following, "the reconnection");

        Assert.That((last.Generation, last.RunState), Is.EqualTo((1L, "paused")));
        Assert.That(harness.Snapshots.Select(s => s.Phase), Has.None.EqualTo(VmPhase.Gone));
    }

    [Test]
    public async Task The_end_of_the_process_is_the_end_of_QEMU_whatever_its_socket_does()
    {
        await using var vm = FakeVm.StartAt(_path);
        await using var harness = new FollowerHarness(Options());
        await harness.WaitForAsync(_ => true, "the first snapshot");

        Exit(Environment.ProcessId);
        var gone = await harness.WaitForAsync(s => s.Phase == VmPhase.Gone, "the end");
        var next = await harness.WaitForLastAsync(s => s.Phase == VmPhase.Following, "the next QEMU");

        Assert.That(
            (gone.RunState, gone.Running, gone.Cause, gone.QemuPid, gone.Generation),
            Is.EqualTo(((string?)null, false, "QEMU exited", (int?)Environment.ProcessId, 1L)));
        Assert.That((next.Running, next.Cause, next.Generation), Is.EqualTo((true, "QMP connected", 2L)));
    }

    [Test]
    public async Task A_process_that_ends_after_its_connection_is_first_lost_and_then_gone()
    {
        var vm = FakeVm.StartAt(_path);
        await using var harness = new FollowerHarness(Options());
        await harness.WaitForAsync(_ => true, "the first snapshot");

        await vm.DisposeAsync();
        await harness.WaitForLastAsync(s => s.Phase == VmPhase.Lost, "the loss");
        Exit(Environment.ProcessId);
        await harness.WaitForLastAsync(s => s.Phase == VmPhase.Gone, "the end");

        Assert.That(harness.Snapshots.Select(s => (s.Phase, s.Running)), Is.EqualTo(new[]
        {
            (VmPhase.Following, true), (VmPhase.Lost, true), (VmPhase.Gone, false),
        }));
    }

    [Test]
    public async Task Without_a_process_a_socket_nobody_listens_on_is_the_end_of_QEMU()
    {
        var vm = FakeVm.StartAt(_path);
        vm.Handlers.TryRemove("query-cpus-fast", out _);
        await using var harness = new FollowerHarness(Options());
        await harness.WaitForAsync(_ => true, "the first snapshot");

        await vm.DisposeAsync();
        var gone = await harness.WaitForLastAsync(s => s.Phase == VmPhase.Gone, "the end");
        await using var next = FakeVm.StartAt(_path, "inmigrate");
        var last = await harness.WaitForLastAsync(s => s.Phase == VmPhase.Following, "the next QEMU");

        Assert.That((gone.Running, gone.QemuPid, gone.Generation), Is.EqualTo((false, (int?)null, 1L)));
        Assert.That((last.RunState, last.Generation), Is.EqualTo(("inmigrate", 2L)));
    }

    [Test]
    public async Task Without_a_process_SHUTDOWN_and_the_end_of_the_connection_are_the_end_of_QEMU()
    {
        await using var vm = FakeVm.StartAt(_path);
        vm.Handlers.TryRemove("query-cpus-fast", out _);
        await using var harness = new FollowerHarness(Options());
        await harness.WaitForAsync(_ => true, "the first snapshot");

        await vm.EmitAsync("SHUTDOWN", """{"guest": false, "reason": "host-qmp-quit"}""");
        await vm.DropClientAsync();
        await harness.WaitForAsync(s => s.Phase == VmPhase.Gone, "the end");

        Assert.That(harness.Snapshots.Select(s => s.Phase), Has.None.EqualTo(VmPhase.Lost));
    }

    [TestCase("STOP")]
    [TestCase("RESUME")]
    public async Task A_SHUTDOWN_that_QEMU_outlived_does_not_make_the_next_loss_its_end(string sign)
    {
        await using var vm = FakeVm.StartAt(_path);
        vm.Handlers.TryRemove("query-cpus-fast", out _);
        await using var harness = new FollowerHarness(Options());
        await harness.WaitForAsync(_ => true, "the first snapshot");

        await vm.EmitAsync("SHUTDOWN", """{"guest": true, "reason": "guest-shutdown"}""");
        vm.RunState = sign == "STOP" ? "shutdown" : "running";
        await vm.EmitAsync(sign);
        await vm.DropClientAsync();
        await harness.WaitForAsync(s => s.Phase == VmPhase.Lost, "the loss");
        var last = await harness.WaitForLastAsync(s => s.Phase == VmPhase.Following, "the reconnection");

        Assert.That(last.Generation, Is.EqualTo(1));
        Assert.That(harness.Snapshots.Select(s => s.Phase), Has.None.EqualTo(VmPhase.Gone));
    }

    [Test]
    public async Task Another_process_behind_the_same_socket_is_another_QEMU()
    {
        using var proc = new FakeProc().AddProcess(100, threads: 101).AddProcess(200, threads: 201);
        await using var vm = FakeVm.StartAt(_path);
        vm.ThreadId = 101;
        await using var harness = new FollowerHarness(Options() with { Proc = proc.Fs });
        await harness.WaitForAsync(s => s.QemuPid == 100, "the first QEMU");

        vm.ThreadId = 201;
        await vm.DropClientAsync();
        await harness.WaitForLastAsync(s => s.QemuPid == 200, "the second QEMU");

        Assert.That(harness.Snapshots.Select(s => (s.Phase, s.QemuPid, s.Generation)), Is.EqualTo(new[]
        {
            (VmPhase.Following, (int?)100, 1L), (VmPhase.Lost, 100, 1L), (VmPhase.Gone, 100, 1L), (VmPhase.Following, 200, 2L),
        }));
    }

    [Test]
    public async Task A_process_that_cannot_be_watched_is_followed_by_QMP_alone()
    {
        var vm = FakeVm.StartAt(_path);
        await using var harness = new FollowerHarness(Options() with { ProcessExit = (_, _) => throw new NotSupportedException() });
        await harness.WaitForAsync(_ => true, "the first snapshot");

        await vm.DisposeAsync();

        Assert.That((await harness.WaitForLastAsync(s => s.Phase == VmPhase.Gone, "the end")).QemuPid, Is.EqualTo(Environment.ProcessId));
    }

    [Test]
    public async Task An_inherited_connection_is_followed_to_its_end()
    {
        await using var vm = FakeVm.StartAt(_path);
        vm.Handlers.TryRemove("query-cpus-fast", out _);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(_path));
        Assert.That(QmpAddress.TryParse($"fd:{socket.Handle}", out var address, out _), Is.True);
        socket.SafeHandle.SetHandleAsInvalid();
        await using var harness = new FollowerHarness(FollowerHarness.Options(address!));
        await harness.WaitForAsync(_ => true, "the first snapshot");

        await vm.DropClientAsync();
        await Bounded.WaitAsync(harness.Running, "the end");

        Assert.That(harness.Snapshots.Select(s => s.Phase), Is.EqualTo(new[] { VmPhase.Following, VmPhase.Lost, VmPhase.Gone }));
    }

    private VmFollowerOptions Options()
    {
        Assert.That(QmpAddress.TryParse($"unix:{_path}", out var address, out _), Is.True);
        return FollowerHarness.Options(address!) with { ProcessExit = (pid, ct) => ExitOf(pid).Task.WaitAsync(ct) };
    }

    private TaskCompletionSource ExitOf(int pid) =>
        _exits.GetOrAdd(pid, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    // A process that comes later by the same number is another one.
    private void Exit(int pid)
    {
        Assert.That(_exits.TryRemove(pid, out var exit), Is.True, "the process is watched");
        exit!.SetResult();
    }
}
