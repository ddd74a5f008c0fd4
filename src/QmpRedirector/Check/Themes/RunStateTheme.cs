namespace QmpRedirector.Check.Themes;

/// <summary>The run state.</summary>
internal static class RunStateTheme
{
    public static IEnumerable<Finding> Of(CheckContext context) =>
        context.Vm?.Facts is { } vm ? [new Finding(Mark.Ok, "vm", $"The VM is {vm.RunState}.")] : [];
}
