namespace QmpRedirector.Qmp;

/// <summary>The tokens of one message and the text of the token that is being read.</summary>
internal sealed class QmpTokenList
{
    private const int InitialBytes = 1024;
    private const int KeptBytes = 64 * 1024;
    private const int KeptTokens = 4096;

    private readonly List<QmpToken> _tokens = [];
    private byte[] _bytes = new byte[InitialBytes];
    private int _tokenStart;

    public int Count => _tokens.Count;

    /// <summary>Bytes of all tokens, that of the unfinished one included.</summary>
    public int Bytes { get; private set; }

    public QmpToken this[int index] => _tokens[index];

    public ReadOnlySpan<byte> TextOf(QmpToken token) => _bytes.AsSpan(token.Start, token.Length);

    public void Append(byte value)
    {
        MakeRoom(1);
        _bytes[Bytes++] = value;
    }

    public void Append(ReadOnlySpan<byte> values)
    {
        MakeRoom(values.Length);
        values.CopyTo(_bytes.AsSpan(Bytes));
        Bytes += values.Length;
    }

    public void EndToken(QmpTokenKind kind)
    {
        _tokens.Add(new QmpToken(kind, _tokenStart, Bytes - _tokenStart));
        _tokenStart = Bytes;
    }

    public void Clear()
    {
        _tokens.Clear();
        Bytes = _tokenStart = 0;
        // One huge request should not stay allocated for the life of the connection.
        if (_bytes.Length > KeptBytes)
            _bytes = new byte[InitialBytes];
        if (_tokens.Capacity > KeptTokens)
            _tokens.Capacity = 0;
    }

    private void MakeRoom(int count)
    {
        if (_bytes.Length - Bytes < count)
            Array.Resize(ref _bytes, (int)Math.Min(Math.Max(_bytes.Length * 2L, (long)Bytes + count), Array.MaxLength));
    }
}
