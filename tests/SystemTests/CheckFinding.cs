namespace QmpRedirector.SystemTests;

/// <summary>A line of `qmp-redirector check`.</summary>
internal sealed record CheckFinding(string Mark, string Subject, string Text, string? Remedy);
