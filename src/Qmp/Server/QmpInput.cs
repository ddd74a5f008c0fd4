using System.Text.Json.Nodes;

namespace QmpRedirector.Qmp;

/// <summary>What a client sent: a JSON value, or something that is none and the sentence that says why.</summary>
internal readonly record struct QmpInput(JsonNode? Value, string? Error)
{
    /// <summary>The request, if it is an object.</summary>
    public JsonObject? Object => Value as JsonObject;
}
