using System.Text;
using System.Text.Json;

namespace QmpRedirector.Options;

/// <summary>JSON as QEMU reads it on its command line: strings may stand in single quotes too, a key comes once.</summary>
internal static class QemuJson
{
    /// <returns>The document, or null and one sentence that says where it stops being JSON.</returns>
    public static JsonDocument? Parse(string text, out string sentence)
    {
        sentence = "";
        JsonDocument? document = null;

        // By way of bytes: an argument may hold half a surrogate pair, which only an encoder replaces without complaint.
        byte[] json = Encoding.UTF8.GetBytes(DoubleQuoted(text));
        try
        {
            document = JsonDocument.Parse(json);
            CheckStrings(document.RootElement);
            return document;
        }
        catch (JsonException error)
        {
            // .NET tells of an end that is missing in words of its own: depth, payload, tokens.
            string? unfinished = document is null ? UnfinishedJson.Describe(json) : null;
            document?.Dispose();
            string where = error.LineNumber is long line ? $" (line {line + 1}, column {error.BytePositionInLine + 1})" : "";
            sentence = $"JSON parse error, {unfinished ?? FirstSentence(error.Message) + where}";
            return null;
        }
    }

    public static OptionValue Value(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => new OptionValue(OptionValueKind.JsonString, element.GetString()!),
        JsonValueKind.True or JsonValueKind.False => new OptionValue(OptionValueKind.JsonBoolean, element.GetBoolean() ? "on" : "off"),
        // 1.0 and 1e3 are no integers in QEMU's JSON either.
        JsonValueKind.Number when element.GetRawText().AsSpan().IndexOfAny(".eE") < 0 =>
            new OptionValue(OptionValueKind.JsonInteger, element.GetRawText()),
        _ => new OptionValue(OptionValueKind.JsonOther, ""),
    };

    // Reading every string once here means that no later read can meet half a surrogate pair.
    private static void CheckStrings(JsonElement element)
    {
        try
        {
            CheckStringsOf(element);
        }
        catch (InvalidOperationException)
        {
            throw new JsonException("a string has half a surrogate pair");
        }
    }

    private static void CheckStringsOf(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.String)
            _ = element.GetString();
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in element.EnumerateArray())
                CheckStringsOf(item);
        }

        if (element.ValueKind != JsonValueKind.Object)
            return;
        HashSet<string> seen = [];
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (!seen.Add(property.Name))
                throw new JsonException($"duplicate key '{property.Name}'");
            CheckStringsOf(property.Value);
        }
    }

    private static string DoubleQuoted(string text)
    {
        if (!text.Contains('\'', StringComparison.Ordinal))
            return text;
        StringBuilder json = new(text.Length);
        char quote = '\0';
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (quote != '\0' && c == '\\' && i + 1 < text.Length)
            {
                // JSON proper has no escape for a single quote and needs none.
                json.Append(text[i + 1] == '\'' ? "" : "\\").Append(text[++i]);
            }
            else if (c is '"' or '\'' && (quote == '\0' || quote == c))
            {
                quote = quote == '\0' ? c : '\0';
                json.Append('"');
            }
            else
            {
                json.Append(c == '"' ? "\\\"" : c.ToString());
            }
        }

        return json.ToString();
    }

    private static string FirstSentence(string message)
    {
        int end = message.IndexOf(". ", StringComparison.Ordinal);
        string sentence = (end < 0 ? message : message[..end]).TrimEnd('.');
        return char.ToLowerInvariant(sentence[0]) + sentence[1..];
    }
}
