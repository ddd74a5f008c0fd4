using QmpRedirector.Check.Themes;

namespace QmpRedirector.Check;

/// <summary>
/// All themes, in the order an operator reads them: this process, QEMU, each netdev, each redirector, where the frames go.
/// </summary>
internal static class Checks
{
    private static readonly Func<CheckContext, IEnumerable<Finding>>[] _themes =
    [
        CapabilityTheme.Of,
        KernelTheme.Of,
        PidFileTheme.Of,
        RecordingTheme.Of,
        ListenTheme.Of,
        QmpTheme.Of,
        RunStateTheme.Of,
        MigrationEventsTheme.Of,
        TapTheme.Of,
        HolderTheme.Of,
        QdiscTheme.Of,
        DirectionTheme.Of,
        ActivityTheme.Of,
        VnetHeaderTheme.Of,
        BacklogTheme.Of,
        ChardevTheme.Of,
        PeerTheme.Of,
        PeerStreamTheme.Of,
    ];

    public static IReadOnlyList<Finding> Run(CheckContext context) => [.. _themes.SelectMany(theme => theme(context))];
}
