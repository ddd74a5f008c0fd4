namespace QmpRedirector.Qmp;

/// <summary>
/// Cuts what a client sends into JSON values, as QEMU does (qobject/json-streamer.c): a value ends when as many braces and brackets are
/// closed as were opened, or more. Input of any kind leads to values and errors, never to an end.
/// </summary>
internal sealed class QmpRequestReader
{
    // QEMU's limits (qobject/json-streamer.c: MAX_NESTING, MAX_TOKEN_COUNT).
    private const int MaxDepth = 1024;
    private const int MaxTokens = 2 * 1024 * 1024;

    private readonly int _maxBytes;
    private readonly QmpTokenList _tokens = new();
    private readonly QmpLexer _lexer;
    private int _braces;
    private int _brackets;

    public QmpRequestReader(int maxRequestBytes)
    {
        _maxBytes = maxRequestBytes;
        _lexer = new QmpLexer(_tokens);
    }

    /// <summary>Takes bytes off <paramref name="input"/> until a value ends. False when all are taken and none did.</summary>
    public bool TryTake(ref ReadOnlyMemory<byte> input, out QmpInput value)
    {
        var rest = input.Span;
        value = default;
        var complete = false;
        while (!complete && !rest.IsEmpty)
        {
            var ended = _lexer.TryTake(ref rest, out var kind);
            if (_tokens.Bytes > _maxBytes)
            {
                value = Refuse("JSON token size limit exceeded");
                _lexer.Recover();
                complete = true;
            }
            else if (ended)
            {
                complete = Ends(kind, out value);
            }
        }
        input = input[^rest.Length..];
        return complete;
    }

    private bool Ends(QmpTokenKind kind, out QmpInput value)
    {
        _braces += kind == QmpTokenKind.BeginObject ? 1 : kind == QmpTokenKind.EndObject ? -1 : 0;
        _brackets += kind == QmpTokenKind.BeginArray ? 1 : kind == QmpTokenKind.EndArray ? -1 : 0;
        value = default;
        if (kind == QmpTokenKind.Error)
            value = Refuse($"JSON parse error, stray '{QmpJsonString.Excerpt(_tokens.TextOf(_tokens[^1]))}'");
        else if (_tokens.Count > MaxTokens)
            value = Refuse("JSON token count limit exceeded");
        else if (_braces + _brackets > MaxDepth)
            value = Refuse("JSON nesting depth limit exceeded");
        else if (_braces < 0 || _brackets < 0 || (_braces == 0 && _brackets == 0))
            value = Parse();
        else
            return false;
        return true;
    }

    private QmpInput Parse()
    {
        var input = QmpJsonParser.TryParse(_tokens, out var node, out var error) ? new QmpInput(node, null) : new QmpInput(null, error);
        Reset();
        return input;
    }

    private QmpInput Refuse(string error)
    {
        Reset();
        return new QmpInput(null, error);
    }

    private void Reset()
    {
        _tokens.Clear();
        _braces = _brackets = 0;
    }
}
