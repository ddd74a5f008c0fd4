namespace QmpRedirector.Check.Themes;

/// <summary>Whether QEMU tells of a migration's progress.</summary>
internal static class MigrationEventsTheme
{
    public static IEnumerable<Finding> Of(CheckContext context) => context.Vm?.Facts?.MigrationEvents switch
    {
        true => [new Finding(Mark.Ok, "migration", "The capability 'events' is on: QEMU tells of a migration's progress.")],
        false =>
        [
            new Finding(
                Mark.Ok,
                "migration",
                "The capability 'events' is off, as by default: QEMU does not tell of a migration's progress. STOP and RESUME come all "
                + "the same, and follow the VM without it."),
        ],
        null => [],
    };
}
