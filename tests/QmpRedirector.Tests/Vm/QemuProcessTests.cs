using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using QmpRedirector.Qmp;
using QmpRedirector.Testing;
using QmpRedirector.Vm;

namespace QmpRedirector.Tests.Vm;

public sealed class QemuProcessTests
{
    [TestCase("""[{"cpu-index": 0, "thread-id": 101}]""", 100)]
    [TestCase("""[{"cpu-index": 0, "thread-id": 101}, {"cpu-index": 1, "thread-id": 102}]""", 100)]
    [TestCase("""[{"cpu-index": 0, "thread-id": 100}]""", 100)]
    [TestCase("""[{"cpu-index": 0, "thread-id": 101}, {"cpu-index": 1, "thread-id": 201}]""", null)]
    [TestCase("""[{"cpu-index": 0, "thread-id": 999}]""", null)]
    [TestCase("""[{"cpu-index": 0}]""", null)]
    [TestCase("[]", null)]
    [TestCase("{}", null)]
    [TestCase("""[{"thread-id": "101"}]""", null)]
    [TestCase("""[{"thread-id": 99999999999}]""", null)]
    public async Task The_process_is_the_one_all_vCPU_threads_belong_to(string cpus, int? pid)
    {
        using var proc = new FakeProc().AddProcess(100, threads: [101, 102]).AddProcess(200, threads: 201);

        Assert.That(await FindAsync(_ => cpus, proc), Is.EqualTo(pid));
    }

    [Test]
    public async Task A_server_without_the_command_has_no_known_process()
    {
        using var proc = new FakeProc();

        Assert.That(await FindAsync(_ => throw new FakeQmpException("no", "CommandNotFound"), proc), Is.Null);
    }

    [Test]
    public async Task This_process_is_found_in_the_real_proc()
    {
        await using var vm = FakeVm.Start();
        await using var client = await ConnectAsync(vm);

        Assert.That(await QemuProcess.FindAsync(client, new ProcFs(), CancellationToken.None), Is.EqualTo(Environment.ProcessId));
        var ours = new ProcFs().NetworkNamespace();
        Assert.That(new ProcFs().NetworkNamespace(Environment.ProcessId), Does.StartWith("net:[").And.EqualTo(ours));
    }

    [Test]
    public async Task An_unwatched_process_never_ends()
    {
        await using var process = new QemuProcess(100, null, NullLogger.Instance);

        Assert.That((process.IsWatched, process.Exited.IsCompleted), Is.EqualTo((false, false)));
    }

    [Test]
    public async Task A_watched_process_ends_when_told()
    {
        var exit = new TaskCompletionSource();
        await using var process = new QemuProcess(100, (_, ct) => exit.Task.WaitAsync(ct), NullLogger.Instance);
        Assert.That((process.IsWatched, process.Exited.IsCompleted), Is.EqualTo((true, false)));

        exit.SetResult();

        await Bounded.WaitAsync(process.Exited, "the end of the process");
    }

    [Test]
    public async Task A_process_that_cannot_be_watched_is_told_of_in_one_sentence()
    {
        OneLine log = new();

        await using (new QemuProcess(100, (_, _) => throw new NotSupportedException("no pidfd_open here"), log))
        {
        }

        const string sentence = "The end of QEMU's process 100 cannot be watched (no pidfd_open here): it is told from QMP alone";
        Assert.That(log.Said, Is.EqualTo((sentence, false)));
    }

    private static async Task<int?> FindAsync(Func<System.Text.Json.JsonElement?, string> answer, FakeProc proc)
    {
        await using var vm = FakeVm.Start();
        vm.Handlers["query-cpus-fast"] = answer;
        await using var client = await ConnectAsync(vm);
        return await QemuProcess.FindAsync(client, proc.Fs, CancellationToken.None);
    }

    private static async Task<QmpClient> ConnectAsync(FakeVm vm)
    {
        var client = new QmpClient(new QmpClientOptions { Address = vm.Address });
        await client.ConnectAsync();
        return client;
    }

    private sealed class OneLine : ILogger
    {
        public (string Line, bool WithException) Said { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Said = (formatter(state, exception), exception is not null);
    }
}
