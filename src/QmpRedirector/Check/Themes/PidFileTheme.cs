namespace QmpRedirector.Check.Themes;

/// <summary>The file of <c>--pid</c>.</summary>
internal static class PidFileTheme
{
    public static IEnumerable<Finding> Of(CheckContext context)
    {
        if (context.Options.Run.PidFile is not { } path)
            return [];
        return context.PidFileProblem is { } problem
            ? [new Finding(Mark.Fail, "pid file", $"{path} cannot be written: {problem}.",
                "Choose a path in a directory this process may write to.")]
            : [new Finding(Mark.Ok, "pid file", $"{path} can be written.")];
    }
}
