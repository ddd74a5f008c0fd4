using System.Text;
using System.Text.Json;

namespace QmpRedirector.Options;

/// <summary>JSON that is right as far as it goes and stops too early, as a file does of which the end is missing.</summary>
internal static class UnfinishedJson
{
    /// <returns>What is missing and where it began; null when something that is there is wrong.</returns>
    public static string? Describe(ReadOnlySpan<byte> json)
    {
        Stack<int> open = new();
        try
        {
            Utf8JsonReader reader = new(json, isFinalBlock: false, default);
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                    open.Push((int)reader.TokenStartIndex);
                else if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
                    open.Pop();
            }
        }
        catch (JsonException)
        {
            return null;
        }

        if (open.TryPeek(out int bracket))
            return $"the '{(char)json[bracket]}' here is never closed{Place(json, bracket)}";
        return json.Trim(" \t\r\n"u8).IsEmpty ? "there is nothing in it" : $"it ends too early{Place(json, json.Length)}";
    }

    private static string Place(ReadOnlySpan<byte> json, int at)
    {
        ReadOnlySpan<byte> before = json[..at];
        int lineStart = before.LastIndexOf((byte)'\n') + 1;
        return $" (line {before.Count((byte)'\n') + 1}, column {Encoding.UTF8.GetCharCount(before[lineStart..]) + 1})";
    }
}
