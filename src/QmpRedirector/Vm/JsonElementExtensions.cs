using System.Text.Json;

namespace QmpRedirector.Vm;

/// <summary>Reading answers whose shape is the peer's, and so may be any: what is not there reads as Undefined, null or nothing.</summary>
internal static class JsonElementExtensions
{
    public static JsonElement Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) ? member : default;

    public static string? Text(this JsonElement element) =>
        element.ValueKind == JsonValueKind.String ? element.GetString() : null;

    public static IEnumerable<JsonElement> Items(this JsonElement element) =>
        element.ValueKind == JsonValueKind.Array ? element.EnumerateArray() : [];
}
