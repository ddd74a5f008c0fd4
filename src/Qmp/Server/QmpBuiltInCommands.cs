using System.Text.Json.Nodes;

namespace QmpRedirector.Qmp;

/// <summary>The commands every QMP server has.</summary>
internal static class QmpBuiltInCommands
{
    public const string Negotiate = "qmp_capabilities";

    /// <summary>Adds them to a table.</summary>
    /// <exception cref="ArgumentException">The table has a command of one of these names.</exception>
    public static void AddTo(QmpCommandTable table, QmpVersion version)
    {
        // A session handles it itself until it is negotiated; from then on this is the answer.
        table.Add(
            Negotiate,
            (_, _) => throw new QmpServerError(
                QmpErrorClass.CommandNotFound, "Capabilities negotiation is already complete, command ignored"),
            allowOob: false,
            new QmpMember("enable", "[str]", Optional: true));
        Add("query-version", () => QmpLine.Version(version));
        Add("query-commands", () => Names(table));
        Add("query-qmp-schema", () => QmpSchema.Describe(table));

        void Add(string name, Func<JsonNode> result) => table.Add(name, (arguments, _) =>
        {
            arguments.Done();
            return ValueTask.FromResult<JsonNode?>(result());
        });
    }

    private static JsonArray Names(QmpCommandTable table) =>
        new([.. table.Commands.Select(c => new JsonObject { ["name"] = c.Name })]);
}
