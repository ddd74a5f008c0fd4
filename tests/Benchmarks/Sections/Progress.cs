namespace QmpRedirector.Benchmarks.Sections;

/// <summary>What is being measured, for whoever waits; standard output is for the result.</summary>
internal static class Progress
{
    public static void Tell(string what) => Console.Error.WriteLine($"bench: {what}");
}
