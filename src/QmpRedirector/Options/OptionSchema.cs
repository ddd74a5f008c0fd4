using System.Collections.Immutable;

namespace QmpRedirector.Options;

/// <param name="Keys">The table.</param>
/// <param name="UnknownInText">QEMU's sentence for a key that is not in it, given the key; in JSON it is always the same one.</param>
internal sealed record OptionSchema(ImmutableArray<OptionKey> Keys, Func<string, string> UnknownInText)
{
    public OptionKey? Find(string name) => Keys.FirstOrDefault(key => key.Name == name);
}
