using System.Collections.Immutable;

namespace QmpRedirector.Options;

/// <summary>One row of a schema table: all that is known of a key. Help is made from it too.</summary>
internal sealed record OptionKey(string Name, OptionKind Kind, string Help)
{
    /// <summary>Stated in help; the code that builds the options record applies it.</summary>
    public string? Default { get; init; }

    /// <summary>What help calls its value, where no list of values says more.</summary>
    public string? ValueName { get; init; }

    public bool Required { get; init; }

    public OptionSupport Support { get; init; }

    /// <summary>For <see cref="OptionKind.Enum"/>: every value QEMU or we know.</summary>
    public ImmutableArray<string> Values { get; init; } = [];

    /// <summary>Those of <see cref="Values"/> that are not built yet.</summary>
    public ImmutableArray<string> LaterValues { get; init; } = [];

    /// <summary>QEMU's own sentence for a bad value, where it is not the usual one.</summary>
    public string? BadValue { get; init; }

    public ulong Minimum { get; init; }

    public ulong Maximum { get; init; } = ulong.MaxValue;
}
