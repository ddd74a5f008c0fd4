using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests;

/// <summary>scripts/bench.sh works: everything it measures is measured once, for a moment. What comes out is not judged.</summary>
[TestFixture]
[NonParallelizable]
internal sealed class BenchmarkTests
{
    [Test]
    public async Task Every_row_of_the_benchmarks_can_be_measured()
    {
        await using var bench = CapturedProcess.Start(["dotnet", Program(), "--smoke"]);

        var exitCode = await bench.WaitForExitAsync(TimeSpan.FromMinutes(3));

        Assert.That(exitCode, Is.Zero, bench.Error);
        Assert.That(
            bench.Output.Split('\n').Where(line => line.StartsWith("## ", StringComparison.Ordinal)),
            Has.Some.Contains("64 B at full rate").And.Some.Contains("Latency").And.Some.Contains("Many redirectors"));
        Assert.That(bench.Output, Does.Not.Contain("NaN"));
    }

    /// <summary>Built with these tests, in the same configuration.</summary>
    private static string Program()
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var configuration = framework.Parent!;
        var tests = configuration.Parent!.Parent!.Parent!;
        return Path.Combine(
            tests.FullName, "Benchmarks", "bin", configuration.Name, framework.Name, "QmpRedirector.Benchmarks.dll");
    }
}
