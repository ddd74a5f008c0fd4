using System.Text.Json;
using System.Text.Json.Nodes;
using System.Buffers.Text;

namespace QmpRedirector.Qmp;

/// <summary>Makes the value that a list of tokens stands for, with QEMU's sentences (qobject/json-parser.c) for what is wrong in
/// it.</summary>
internal sealed class QmpJsonParser
{
    private readonly QmpTokenList _tokens;
    private int _next;
    private string? _error;

    private QmpJsonParser(QmpTokenList tokens) => _tokens = tokens;

    /// <summary>False with a sentence when the tokens are no value. The depth of the recursion is for the caller to limit.</summary>
    public static bool TryParse(QmpTokenList tokens, out JsonNode? value, out string? error)
    {
        var parser = new QmpJsonParser(tokens);
        var valid = parser.Value(out value);
        error = valid ? null : $"JSON parse error, {parser._error}";
        return valid;
    }

    private bool Value(out JsonNode? value)
    {
        value = null;
        if (_next == _tokens.Count)
            return Fail("expecting value");
        var token = _tokens[_next++];
        switch (token.Kind)
        {
            case QmpTokenKind.BeginObject:
                return Object(out value);
            case QmpTokenKind.BeginArray:
                return Array(out value);
            case QmpTokenKind.String:
                var valid = QmpJsonString.TryDecode(_tokens.TextOf(token), out var text, out var error);
                value = text;
                return valid || Fail(error!);
            case QmpTokenKind.Number:
                value = Number(_tokens.TextOf(token));
                return true;
            case QmpTokenKind.Keyword:
                return Keyword(_tokens.TextOf(token), out value);
            default:
                return Fail("expecting value");
        }
    }

    private bool Object(out JsonNode? value)
    {
        var members = new JsonObject();
        value = members;
        if (TakeIf(QmpTokenKind.EndObject))
            return true;
        do
        {
            if (!Member(members))
                return false;
        }
        while (TakeIf(QmpTokenKind.Comma));
        return TakeIf(QmpTokenKind.EndObject) || Fail("expected separator in dict");
    }

    private bool Member(JsonObject members)
    {
        if (!Value(out var key))
            return false;
        if (key?.GetValueKind() != JsonValueKind.String)
            return Fail("key is not a string in object");
        if (!TakeIf(QmpTokenKind.Colon))
            return Fail("missing : in object pair");
        if (!Value(out var value))
            return false;
        return members.TryAdd(key.GetValue<string>(), value) || Fail("duplicate key");
    }

    private bool Array(out JsonNode? value)
    {
        var elements = new JsonArray();
        value = elements;
        if (TakeIf(QmpTokenKind.EndArray))
            return true;
        do
        {
            if (!Value(out var element))
                return false;
            elements.Add(element);
        }
        while (TakeIf(QmpTokenKind.Comma));
        return TakeIf(QmpTokenKind.EndArray) || Fail("expected separator in list");
    }

    private bool Keyword(ReadOnlySpan<byte> text, out JsonNode? value)
    {
        value = text.SequenceEqual("true"u8) ? JsonValue.Create(true) : text.SequenceEqual("false"u8) ? JsonValue.Create(false) : null;
        return value is not null || text.SequenceEqual("null"u8) || Fail($"invalid keyword '{QmpJsonString.Excerpt(text)}'");
    }

    // What no integer type holds keeps its text, so that an id comes back as it was sent.
    private static JsonValue? Number(ReadOnlySpan<byte> text)
    {
        if (Utf8Parser.TryParse(text, out long signed, out var length) && length == text.Length)
            return JsonValue.Create(signed);
        if (Utf8Parser.TryParse(text, out ulong unsigned, out length) && length == text.Length)
            return JsonValue.Create(unsigned);
        return JsonValue.Create(JsonElement.Parse(text));
    }

    private bool TakeIf(QmpTokenKind kind)
    {
        if (_next == _tokens.Count || _tokens[_next].Kind != kind)
            return false;
        _next++;
        return true;
    }

    private bool Fail(string error)
    {
        _error = error;
        return false;
    }
}
