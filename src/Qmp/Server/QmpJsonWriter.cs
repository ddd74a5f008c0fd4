using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace QmpRedirector.Qmp;

/// <summary>
/// Writes JSON as QEMU does (qobject/json-writer.c): ASCII only, a blank after each colon and comma, and no escape that JSON does not
/// ask for, so that what is scripted against QEMU's lines with grep or sed works on these.
/// </summary>
internal sealed class QmpJsonWriter
{
    private static readonly SearchValues<char> Plain = SearchValues.Create(
        [.. Enumerable.Range(0x20, 0x7F - 0x20).Select(c => (char)c).Where(c => c is not '"' and not '\\')]);

    private readonly ArrayBufferWriter<byte> _buffer = new(256);

    /// <summary>What was written, a line.</summary>
    public byte[] EndLine()
    {
        _buffer.Write("\r\n"u8);
        return _buffer.WrittenSpan.ToArray();
    }

    public QmpJsonWriter Raw(ReadOnlySpan<byte> json)
    {
        _buffer.Write(json);
        return this;
    }

    public QmpJsonWriter Value(JsonNode? node)
    {
        switch (node)
        {
            case null:
                return Raw("null"u8);
            case JsonObject members:
                return Object(members);
            case JsonArray elements:
                return Array(elements);
        }
        var value = node.AsValue();
        if (value.GetValueKind() != JsonValueKind.String)
            return Text(value.ToJsonString());
        // Values made of dates and the like are strings only once they are JSON.
        return String(value.TryGetValue(out string? text) ? text : JsonElement.Parse(value.ToJsonString()).GetString()!);
    }

    public QmpJsonWriter String(string text)
    {
        Raw("\""u8);
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            var plain = rest.IndexOfAnyExcept(Plain);
            if (plain != 0)
            {
                var run = plain < 0 ? rest : rest[..plain];
                Encoding.ASCII.GetBytes(run, _buffer);
                rest = rest[run.Length..];
                continue;
            }
            // A lone surrogate becomes U+FFFD.
            Rune.DecodeFromUtf16(rest, out var rune, out var length);
            Character(rune);
            rest = rest[length..];
        }
        return Raw("\""u8);
    }

    private QmpJsonWriter Object(JsonObject members)
    {
        var separator = "{"u8;
        foreach (var (name, value) in members)
        {
            Raw(separator).String(name).Raw(": "u8).Value(value);
            separator = ", "u8;
        }
        return Raw(members.Count == 0 ? "{}"u8 : "}"u8);
    }

    private QmpJsonWriter Array(JsonArray elements)
    {
        var separator = "["u8;
        foreach (var element in elements)
        {
            Raw(separator).Value(element);
            separator = ", "u8;
        }
        return Raw(elements.Count == 0 ? "[]"u8 : "]"u8);
    }

    private void Character(Rune rune)
    {
        var at = rune.IsAscii ? "\"\\\b\f\n\r\t"u8.IndexOf((byte)rune.Value) : -1;
        if (at >= 0)
        {
            _buffer.Write([(byte)'\\', "\"\\bfnrt"u8[at]]);
        }
        else
        {
            foreach (var unit in QmpJsonString.IsNoncharacter(rune.Value) ? "\uFFFD" : rune.ToString())
                Text(string.Create(CultureInfo.InvariantCulture, $"\\u{(int)unit:X4}"));
        }
    }

    private QmpJsonWriter Text(string ascii)
    {
        Encoding.ASCII.GetBytes(ascii, _buffer);
        return this;
    }
}
