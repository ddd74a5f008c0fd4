using System.Collections.Immutable;

namespace QmpRedirector.Options;

/// <summary>The options <c>check</c> has beside those of <c>run</c>.</summary>
internal static class CheckSchema
{
    public static readonly ImmutableArray<OptionKey> Scalars =
    [
        new("peer-qmp", OptionKind.String, "ask the consumer's QEMU too, at its QMP socket: does it read what would be sent?")
        {
            ValueName = "ADDR",
        },
        new("json", OptionKind.Boolean, "write the findings as one JSON document"),
    ];

    public static readonly OptionSchema Schema = new(Scalars, QemuSentences.Unexpected);
}
