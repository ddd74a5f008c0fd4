namespace QmpRedirector.Qmp;

internal enum QmpTokenKind : byte
{
    BeginObject,
    EndObject,
    BeginArray,
    EndArray,
    Comma,
    Colon,

    /// <summary>With its quotes, single or double, and its escapes as they came.</summary>
    String,
    Number,

    /// <summary>A run of a to z; whether it is a word of JSON is for the parser to say.</summary>
    Keyword,

    /// <summary>Bytes that begin no token, the last of them the one that cannot stand there.</summary>
    Error,
}
