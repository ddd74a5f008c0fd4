namespace QmpRedirector.Options;

/// <summary>The type a value was written in, before its key's schema is asked what it should be.</summary>
internal enum OptionValueKind
{
    /// <summary>From <c>key=value</c>: the schema gives it its type.</summary>
    Text,
    JsonString,
    JsonInteger,
    JsonBoolean,

    /// <summary>A fraction, null, object or array: no key here takes one.</summary>
    JsonOther,
}
