namespace QmpRedirector.SystemTests.Kit;

/// <summary>The one way these tests wait for something that has no event: look again until it is so or the deadline has passed.</summary>
internal static class Eventually
{
    /// <summary>Generous, as two cores are shared: it bounds a failing test, a passing one never waits that long.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(InLab ? 90 : 10);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(InLab ? 20 : 2);

    /// <summary>In the lab (scripts/lab.sh), where all that needs a CPU may take twenty times longer.</summary>
    public static bool InLab => Environment.GetEnvironmentVariable("LAB") is not null;

    public static Task ThatAsync(Func<bool> condition, string what) => ThatAsync(condition, () => what);

    /// <param name="what">Asked only at the end, so that it can tell how far things have come.</param>
    public static Task ThatAsync(Func<bool> condition, Func<string> what) => ThatAsync(() => Task.FromResult(condition()), what, null);

    public static Task ThatAsync(Func<Task<bool>> condition, string what, TimeSpan? deadline = null) =>
        ThatAsync(condition, () => what, deadline);

    private static async Task ThatAsync(Func<Task<bool>> condition, Func<string> what, TimeSpan? deadline)
    {
        var within = deadline ?? Deadline;
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > within)
                Assert.Fail($"Within {within.TotalSeconds} s it never came true that {what()}.");
            await Task.Delay(Interval, TimeProvider.System);
        }
    }
}
