namespace QmpRedirector.Qmp;

/// <summary>A command a server knows.</summary>
internal sealed record QmpCommand(string Name, QmpCommandHandler Handler, bool AllowOob, IReadOnlyList<QmpMember> Members);
