namespace QmpRedirector.Qmp;

/// <summary>The version a server reports in its greeting and to <c>query-version</c>, in the members QEMU uses for its own.</summary>
/// <param name="Major">Major version.</param>
/// <param name="Minor">Minor version.</param>
/// <param name="Micro">Micro version.</param>
/// <param name="Package">What names this build beyond the three numbers; may be empty.</param>
public sealed record QmpVersion(int Major, int Minor, int Micro, string Package = "");
