namespace QmpRedirector.Options;

/// <summary>The options of <c>status</c>.</summary>
internal static class StatusSchema
{
    public static readonly OptionSchema Schema = new(
        [
            new("control", OptionKind.String, "the address that 'run' was given with --control") { ValueName = "ADDR" },
            new("json", OptionKind.Boolean, "print one JSON document; with --watch one a line"),
            new("watch", OptionKind.Boolean, "redraw once a second and at every change"),
        ],
        QemuSentences.Unexpected);
}
