using System.Text.Json;

namespace QmpRedirector.Testing;

/// <summary>A command a QMP client sent.</summary>
/// <param name="Name">The command's name.</param>
/// <param name="Arguments">Its arguments, null if there were none.</param>
/// <param name="Id">The client's id, null if there was none.</param>
/// <param name="OutOfBand">It came as "exec-oob".</param>
public sealed record FakeCommand(string Name, JsonElement? Arguments, JsonElement? Id, bool OutOfBand)
{
    public static FakeCommand Parse(string line)
    {
        var message = JsonElement.Parse(line);
        var outOfBand = message.TryGetProperty("exec-oob", out var name);
        if (!outOfBand && !message.TryGetProperty("execute", out name))
            throw new InvalidOperationException($"The client sent something that is no QMP command: {line}");
        return new FakeCommand(
            name.GetString()!,
            message.TryGetProperty("arguments", out var arguments) ? arguments : null,
            message.TryGetProperty("id", out var id) ? id : null,
            outOfBand);
    }
}
