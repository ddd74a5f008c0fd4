namespace QmpRedirector.Benchmarks;

/// <summary>How long and how often everything is measured.</summary>
/// <param name="Repeats">Of each row; the engines take turns, and the table has the medians.</param>
/// <param name="WarmUpSeconds">Of traffic before it.</param>
/// <param name="Seconds">Of traffic in one repeat.</param>
/// <param name="CalmSeconds">After a start, before wake-ups are counted.</param>
/// <param name="IdleSeconds">In which wake-ups are counted.</param>
/// <param name="Starts">Of which exec to armed is the median.</param>
/// <param name="AllocationFrames">Forwarded while allocations are looked for.</param>
/// <param name="Redirectors">In one process, and as many processes.</param>
internal sealed record Settings(
    int Repeats, double WarmUpSeconds, double Seconds, double CalmSeconds, double IdleSeconds, int Starts, long AllocationFrames,
    int[] Redirectors)
{
    public static Settings Full { get; } = new(5, 0.5, 2, 20, 10, 15, 10_000_000, [1, 10, 50]);

    public static Settings Quick { get; } = new(1, 0.3, 0.5, 3, 3, 3, 1_000_000, [1, 10]);

    /// <summary>Only that everything works.</summary>
    public static Settings Smoke { get; } = new(1, 0.02, 0.05, 0.1, 0.1, 1, 1000, [1, 2]);
}
