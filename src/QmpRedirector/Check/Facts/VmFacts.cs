using System.Text.Json;
using QmpRedirector.Qmp;
using QmpRedirector.Vm;

namespace QmpRedirector.Check.Facts;

/// <summary>QEMU and its VM.</summary>
/// <param name="Greeting">Its version.</param>
/// <param name="Pid">Its process in our PID namespace; null when it cannot be told.</param>
/// <param name="RunState">QEMU's RunState; "unknown" when it does not say.</param>
/// <param name="Running">Whether that is "running".</param>
/// <param name="MigrationEvents">The migration capability <c>events</c>; null when QEMU does not tell.</param>
internal sealed record VmFacts(QmpGreeting Greeting, int? Pid, string RunState, bool Running, bool? MigrationEvents)
{
    /// <summary>As people write it.</summary>
    public string Version => VersionText(Greeting);

    public static string VersionText(QmpGreeting greeting) =>
        $"QEMU {greeting.Major}.{greeting.Minor}.{greeting.Micro}{(greeting.Package.Length == 0 ? "" : $" ({greeting.Package})")}";

    /// <exception cref="QmpException">QMP failed, or does not tell the run state.</exception>
    public static async Task<VmFacts> ReadAsync(QmpClient client, ProcFs proc, CancellationToken cancellationToken)
    {
        var pid = await QemuProcess.FindAsync(client, proc, cancellationToken);
        var status = (await client.ExecuteAsync("query-status", ct: cancellationToken)).Return;
        var state = status.Member("status").Text();
        return new VmFacts(
            client.Greeting, pid, state ?? "unknown", state == "running", await ReadMigrationEventsAsync(client, cancellationToken));
    }

    private static async Task<bool?> ReadMigrationEventsAsync(QmpClient client, CancellationToken cancellationToken)
    {
        try
        {
            var capabilities = (await client.ExecuteAsync("query-migrate-capabilities", ct: cancellationToken)).Return;
            var events = capabilities.Items().FirstOrDefault(static item => item.Member("capability").Text() == "events");
            return events.Member("state").ValueKind switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                _ => null,
            };
        }
        catch (QmpCommandException)
        {
            return null;
        }
    }
}
