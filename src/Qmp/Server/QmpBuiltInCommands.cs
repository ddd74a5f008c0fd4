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
            (arguments, _) =>
            {
                ReadCapabilities(arguments);
                throw new QmpServerError(QmpErrorClass.CommandNotFound, "Capabilities negotiation is already complete, command ignored");
            },
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

    /// <summary>Reads the arguments of <c>qmp_capabilities</c>. Returns whether the client enables out-of-band execution.</summary>
    public static bool ReadCapabilities(QmpArguments arguments)
    {
        var enable = arguments.GetOptionalStrings("enable") ?? [];
        arguments.Done();
        for (var i = 0; i < enable.Count; i++)
        {
            if (enable[i] != "oob")
                throw new QmpServerError($"Parameter 'enable[{i}]' does not accept value '{enable[i]}'");
        }
        return enable.Count > 0;
    }

    private static JsonArray Names(QmpCommandTable table) =>
        new([.. table.Commands.Select(c => new JsonObject { ["name"] = c.Name })]);
}
