namespace QmpRedirector.Qmp;

/// <summary>A token and where its text is in its <see cref="QmpTokenList"/>.</summary>
internal readonly record struct QmpToken(QmpTokenKind Kind, int Start, int Length);
