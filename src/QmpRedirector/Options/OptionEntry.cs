namespace QmpRedirector.Options;

/// <param name="Key">The key the schema knows.</param>
/// <param name="Path">How QEMU's sentences name it: the key itself, or in JSON its whole path (<c>backend.data.server</c>).</param>
/// <param name="Value">The value as written.</param>
internal sealed record OptionEntry(string Key, string Path, OptionValue Value)
{
    public static OptionEntry FromText(string key, string value) => new(key, key, new OptionValue(OptionValueKind.Text, value));
}
