using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace QmpRedirector.Qmp.Wire;

/// <summary>A request's bytes: <c>{"execute": ..., "arguments": ..., "id": N}</c> and a line feed, for servers that read lines.</summary>
internal static class QmpRequest
{
    public static ReadOnlyMemory<byte> Encode(string command, JsonObject? arguments, bool outOfBand, long id)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString(outOfBand ? "exec-oob"u8 : "execute"u8, command);
            if (arguments is not null)
            {
                json.WritePropertyName("arguments"u8);
                arguments.WriteTo(json);
            }
            json.WriteNumber("id"u8, id);
            json.WriteEndObject();
        }
        bytes.Write("\n"u8);
        return bytes.WrittenMemory;
    }
}
