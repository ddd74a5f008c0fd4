using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using QmpRedirector.CommandLine;
using QmpRedirector.Qmp;
using QmpRedirector.Redirectors;
using QmpRedirector.Vm;

namespace QmpRedirector.Control;

/// <summary><c>--control</c>: a QMP server, so that what works against QEMU works against this process.</summary>
internal sealed class ControlSocket : IAsyncDisposable
{
    /// <summary>Sent when a redirector was armed or disarmed; its data is the redirector's entry in <c>query-status</c>.</summary>
    public const string StateChanged = "REDIRECTOR_STATE_CHANGED";

    /// <summary>
    /// What one client may send unfinished, or leave unread: far more than any command or hundred events here, and 64 clients of bad will
    /// cannot take the host's memory.
    /// </summary>
    private const int ClientBytes = 1 << 20;

    private readonly QmpServer _server;
    private readonly ObjectCommands _objects;

    /// <param name="address">Where to listen.</param>
    /// <param name="qmpAddress">The VM's QMP, for <c>query-status</c>.</param>
    /// <param name="table">What is asked about and changed.</param>
    /// <param name="vm">The VM as it is known.</param>
    /// <param name="quit">Called by <c>quit</c>.</param>
    /// <param name="time">The clock of events.</param>
    /// <param name="logger">Event ids of <see cref="Log"/> and of the QMP server.</param>
    public ControlSocket(
        QmpAddress address, string qmpAddress, RedirectorTable table, VmFollower vm, Action quit, TimeProvider time, ILogger logger)
    {
        _objects = new ObjectCommands(table, vm, time, logger);
        var commands = new QmpCommandTable();
        commands.Add("query-status", (a, _) => Answer(a, () => StatusAnswers.Status(vm.Current, vm.Client?.Greeting, qmpAddress, table.Redirectors)));
        commands.Add("query-netfilter-stats", (a, _) => StatisticsAsync(table, a), members: [new("name", Optional: true)]);
        commands.Add("query-chardev", (a, _) => Answer(a, () => new JsonArray(
            [.. table.Chardevs.Select(c => StatusAnswers.Chardev(c, table.UserOf(c) is not null))])));
        commands.Add("quit", (a, _) =>
        {
            a.Done();
            quit();
            return ValueTask.FromResult<JsonNode?>(null);
        });
        commands.AddEvent(StateChanged, [.. StatusAnswers.StateMembers]);
        new QomCommands(table).AddTo(commands);
        _objects.AddTo(commands);
        var version = Version.Parse(Cli.Version);
        _server = new QmpServer(
            new QmpServerOptions
            {
                Address = address,
                Version = new QmpVersion(version.Major, version.Minor, version.Build, Cli.Program),
                TimeProvider = time,
                Logger = logger,
                MaxRequestBytes = ClientBytes,
                ClientQueueBytes = ClientBytes,
            },
            commands);
        table.OnState = redirector => _server.Emit(StateChanged, StatusAnswers.State(redirector));
    }

    /// <summary>Binds and listens.</summary>
    /// <exception cref="QmpServerException">It cannot.</exception>
    public void Open() => _server.Open();

    public Task RunAsync(CancellationToken cancellationToken) => _server.RunAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _objects.Dispose();
    }

    private static ValueTask<JsonNode?> Answer(QmpArguments arguments, Func<JsonNode> answer)
    {
        arguments.Done();
        return ValueTask.FromResult<JsonNode?>(answer());
    }

    private static async ValueTask<JsonNode?> StatisticsAsync(RedirectorTable table, QmpArguments arguments)
    {
        var name = arguments.GetOptionalString("name");
        arguments.Done();
        var asked = name is null
            ? table.Redirectors
            : [table.Find(name)?.Redirector ?? throw new QmpServerError($"netfilter '{name}' not found")];
        var statistics = new JsonArray();
        foreach (var redirector in asked)
            statistics.Add((JsonNode)StatusAnswers.Statistics(redirector, await redirector.SnapshotAsync()));
        return statistics;
    }
}
