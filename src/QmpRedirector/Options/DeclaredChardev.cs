namespace QmpRedirector.Options;

/// <summary>A chardev as far as it could be understood: one that is wrong still has a name that others may refer to.</summary>
/// <param name="Origin">Where it was written.</param>
/// <param name="Id">Null when it has none.</param>
/// <param name="Value">Null when anything is wrong with it.</param>
internal sealed record DeclaredChardev(string Origin, string? Id, ChardevOptions? Value);
