using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace QmpRedirector.Qmp;

/// <summary>The lines a QMP server sends, with the members in the order QEMU sends them.</summary>
internal static class QmpLine
{
    public static byte[] Greeting(QmpVersion version) =>
        new QmpJsonWriter().Raw("{\"QMP\": {\"version\": "u8).Value(Version(version)).Raw(", \"capabilities\": [\"oob\"]}}"u8).EndLine();

    public static byte[] Return(JsonNode? result, JsonObject? request)
    {
        var line = new QmpJsonWriter().Raw("{\"return\": "u8);
        _ = result is null ? line.Raw("{}"u8) : line.Value(result);
        if (request is not null && request.TryGetPropertyValue("id", out var id))
            line.Raw(", \"id\": "u8).Value(id);
        return line.Raw("}"u8).EndLine();
    }

    public static byte[] Error(QmpServerError error, JsonObject? request)
    {
        var line = new QmpJsonWriter().Raw("{"u8);
        if (request is not null && request.TryGetPropertyValue("id", out var id))
            line.Raw("\"id\": "u8).Value(id).Raw(", "u8);
        return line.Raw("\"error\": {\"class\": "u8).String(error.ErrorClass.ToString())
            .Raw(", \"desc\": "u8).String(error.Description).Raw("}}"u8).EndLine();
    }

    public static byte[] Event(string name, JsonObject? data, DateTimeOffset time)
    {
        var microseconds = (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        var line = new QmpJsonWriter().Raw(Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"timestamp\": {{\"seconds\": {microseconds / 1_000_000}, \"microseconds\": {microseconds % 1_000_000}}}, \"event\": ")));
        line.String(name);
        if (data is not null)
            line.Raw(", \"data\": "u8).Value(data);
        return line.Raw("}"u8).EndLine();
    }

    /// <summary>What <c>query-version</c> returns.</summary>
    public static JsonObject Version(QmpVersion version) => new()
    {
        ["qemu"] = new JsonObject { ["micro"] = version.Micro, ["minor"] = version.Minor, ["major"] = version.Major },
        ["package"] = version.Package,
    };
}
