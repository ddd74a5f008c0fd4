using QmpRedirector.Qmp;
using QmpRedirector.Testing;
using QmpRedirector.Vm;

namespace QmpRedirector.Tests.Vm;

/// <summary>What is waited for and what is not before the first QEMU has answered.</summary>
public sealed class VmFollowerFirstContactTests
{
    private string _directory = null!;
    private string _path = null!;

    [SetUp]
    public void MakeDirectory()
    {
        _directory = Directory.CreateTempSubdirectory("vm-").FullName;
        _path = Path.Combine(_directory, "qmp.sock");
    }

    [TearDown]
    public void RemoveDirectory() => Directory.Delete(_directory, recursive: true);

    [Test]
    public async Task An_absent_socket_is_waited_for()
    {
        await using var harness = new FollowerHarness(Options());
        Assert.That(harness.Follower.Current.Phase, Is.EqualTo(VmPhase.Connecting));

        await using var vm = FakeVm.StartAt(_path, "prelaunch");

        Assert.That((await harness.WaitForAsync(_ => true, "the first snapshot")).RunState, Is.EqualTo("prelaunch"));
    }

    [Test]
    public async Task A_socket_that_never_comes_ends_it_in_one_sentence()
    {
        await using var harness = new FollowerHarness(Options() with { QmpTimeout = TimeSpan.FromMilliseconds(200) });

        Assert.That(
            async () => await Bounded.WaitAsync(harness.Running, "the end"),
            Throws.TypeOf<VmUnavailableException>().With.Message.EqualTo(
                $"Cannot connect to QMP at unix:{_path}: there is no such socket; start QEMU with -qmp unix:{_path},server=on,wait=off "
                + "or correct the path. Waited 0.2 s for it."));
    }

    [Test]
    public async Task A_monitor_somebody_else_holds_ends_it_after_the_greeting_timeout_naming_the_cause()
    {
        await using var server = FakeQmpServer.Start(_path);
        var options = Options();
        await using var harness = new FollowerHarness(options with
        {
            QmpTimeout = Timeout.InfiniteTimeSpan,
            Qmp = options.Qmp with { GreetingTimeout = TimeSpan.FromMilliseconds(100) },
        });

        Assert.That(
            async () => await Bounded.WaitAsync(harness.Running, "the end"),
            Throws.TypeOf<VmUnavailableException>().With.Message.Contains("another client probably holds this monitor"));
    }

    [Test]
    public async Task Something_else_than_QMP_ends_it_at_once()
    {
        await using var server = FakeQmpServer.Start(_path);
        await using var harness = new FollowerHarness(Options());

        await (await server.AcceptAsync()).SendAsync("220 smtp.example.org ready");

        Assert.That(async () => await Bounded.WaitAsync(harness.Running, "the end"), Throws.TypeOf<VmUnavailableException>());
    }

    [Test]
    public async Task A_server_that_refuses_query_status_cannot_be_followed()
    {
        await using var vm = FakeVm.StartAt(_path);
        vm.Handlers["query-status"] = _ => throw new FakeQmpException("not here", "CommandNotFound");
        await using var harness = new FollowerHarness(Options());

        Assert.That(
            async () => await Bounded.WaitAsync(harness.Running, "the end"),
            Throws.TypeOf<VmUnavailableException>().With.Message.Contains("does not tell the VM's run state"));
    }

    private VmFollowerOptions Options()
    {
        Assert.That(QmpAddress.TryParse($"unix:{_path}", out var address, out _), Is.True);
        return FollowerHarness.Options(address!);
    }
}
