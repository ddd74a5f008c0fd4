namespace QmpRedirector.Running;

/// <summary>The sidecar cannot start or go on: everything that is wrong, a sentence each.</summary>
internal sealed class SidecarException(IReadOnlyList<string> sentences) : Exception(string.Join('\n', sentences))
{
    public IReadOnlyList<string> Sentences { get; } = sentences;
}
