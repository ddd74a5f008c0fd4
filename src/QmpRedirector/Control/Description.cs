using System.Text.Json;
using System.Text.Json.Nodes;
using QmpRedirector.Options;
using QmpRedirector.Qmp;

namespace QmpRedirector.Control;

/// <summary>An object or chardev as a command describes it, read by the parser of the command line.</summary>
internal static class Description
{
    /// <summary>What <paramref name="parse"/> makes of it.</summary>
    /// <exception cref="QmpServerError">It is wrong: everything that is, in one line.</exception>
    public static T Read<T>(JsonObject description, Func<JsonElement, OptionReport, T?> parse)
        where T : class
    {
        var report = new OptionReport();
        using var document = JsonDocument.Parse(description.ToJsonString());
        return parse(document.RootElement, report) ?? throw new QmpServerError(string.Join("; ", report.Errors));
    }

    /// <summary>A redirector's properties.</summary>
    /// <exception cref="QmpServerError">They are wrong.</exception>
    public static RedirectorOptions ReadObject(JsonObject description) =>
        Read(description, static (element, report) => ObjectParser.Parse(element, (_, _) => "", report).Value);
}
