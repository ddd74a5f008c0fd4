using QmpRedirector.Qmp;

namespace QmpRedirector.Running;

/// <summary>The version of this build.</summary>
internal static class ProgramVersion
{
    private static readonly Version _version = typeof(ProgramVersion).Assembly.GetName().Version ?? new Version(0, 0, 0);

    /// <summary>As the control socket reports it.</summary>
    public static QmpVersion Qmp { get; } = new(_version.Major, _version.Minor, _version.Build, "qmp-redirector");
}
