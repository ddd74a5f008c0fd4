using NUnit.Framework.Api;
using NUnit.Framework.Internal;

namespace QmpRedirector.LabTests;

/// <summary>
/// Runs the tests in this process: in an emulated machine the processes of `dotnet test` alone would take longer than the tests.
/// </summary>
internal static class Program
{
    /// <param name="arguments">Where to write the results (TRX), and a part of the names of the tests to run, by default all.</param>
    private static int Main(string[] arguments)
    {
        if (arguments.Length is 0 or > 2)
        {
            Console.Error.WriteLine("usage: QmpRedirector.LabTests RESULTS.trx [PART-OF-NAME]   (in the lab; see scripts/lab.sh --help)");
            return 2;
        }

        var runner = new NUnitTestAssemblyRunner(new DefaultTestAssemblyBuilder());
        runner.Load(typeof(Program).Assembly, new Dictionary<string, object> { ["NumberOfTestWorkers"] = 0 });
        var filter = arguments.Length < 2
            ? TestFilter.Empty
            : TestFilter.FromXml($"<filter><test re='1'>{System.Security.SecurityElement.Escape(arguments[1])}</test></filter>");
        var report = new TrxReport();
        runner.Run(report, filter);
        report.Save(arguments[0]);
        Console.WriteLine($"{report.Passed} passed, {report.Failed} failed, {report.Skipped} skipped");
        return report is { Failed: 0, Skipped: 0, Passed: > 0 } ? 0 : 1;
    }
}
