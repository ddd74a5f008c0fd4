using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace QmpRedirector.Check;

/// <summary>
/// Writes findings for programs: <c>{"ok":true,"findings":[{"mark":"ok|warn|fail","subject":"...","text":"...","remedy":null}]}</c>.
/// </summary>
internal static class FindingJson
{
    // Read by people too, and never put into HTML: quotes stay readable.
    private static readonly JsonWriterOptions _options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(IReadOnlyList<Finding> findings)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, _options))
        {
            json.WriteStartObject();
            json.WriteBoolean("ok", findings.All(static finding => finding.Mark != Mark.Fail));
            json.WriteStartArray("findings");
            foreach (var finding in findings)
            {
                json.WriteStartObject();
                json.WriteString("mark", FindingText.Name(finding.Mark).ToLowerInvariant());
                json.WriteString("subject", finding.Subject);
                json.WriteString("text", finding.Text);
                json.WriteString("remedy", finding.Remedy);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length) + "\n";
    }
}
