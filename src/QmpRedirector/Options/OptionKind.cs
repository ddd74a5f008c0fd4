namespace QmpRedirector.Options;

internal enum OptionKind
{
    String,

    /// <summary>An identifier as QEMU's id_wellformed() has it. Given twice in text, the first one counts.</summary>
    Id,
    Boolean,

    /// <summary>One of the key's <see cref="OptionKey.Values"/>.</summary>
    Enum,
    Number,

    /// <summary>Bytes; in text with QEMU's suffixes.</summary>
    Size,
}
