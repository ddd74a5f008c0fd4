using System.Text.Json;
using System.Text.Json.Nodes;

namespace QmpRedirector.Qmp;

/// <summary>A request whose form is right: which command, and how it is to be executed.</summary>
internal sealed record QmpRequestObject(string Command, bool OutOfBand, JsonObject Arguments)
{
    /// <summary>Checks the form of a request, with QEMU's sentences (qapi/qmp-dispatch.c).</summary>
    /// <param name="request">What the client sent.</param>
    /// <param name="outOfBandAllowed">Whether the client has enabled out-of-band execution; without it there is no such member.</param>
    /// <exception cref="QmpServerError">The form is wrong.</exception>
    public static QmpRequestObject Read(JsonNode? request, bool outOfBandAllowed)
    {
        if (request is not JsonObject members)
            throw new QmpServerError("QMP input must be a JSON object");
        string? execute = null;
        string? outOfBand = null;
        JsonObject? arguments = null;
        foreach (var (name, value) in members)
        {
            switch (name)
            {
                case "execute":
                    execute = Text(name, value);
                    break;
                case "exec-oob" when outOfBandAllowed:
                    outOfBand = Text(name, value);
                    break;
                case "arguments":
                    arguments = value as JsonObject ?? throw new QmpServerError("QMP input member 'arguments' must be an object");
                    break;
                case "id":
                    break;
                default:
                    throw new QmpServerError($"QMP input member '{name}' is unexpected");
            }
        }
        if (execute is not null && outOfBand is not null)
            throw new QmpServerError("QMP input member 'execute' clashes with 'exec-oob'");
        return new QmpRequestObject(
            execute ?? outOfBand ?? throw new QmpServerError("QMP input lacks member 'execute'"), outOfBand is not null, arguments ?? []);
    }

    private static string Text(string name, JsonNode? value) => value?.GetValueKind() == JsonValueKind.String
        ? value.GetValue<string>()
        : throw new QmpServerError($"QMP input member '{name}' must be a string");
}
