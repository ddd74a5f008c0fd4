using System.Globalization;
using System.Xml.Linq;
using NUnit.Framework.Interfaces;

namespace QmpRedirector.LabTests;

/// <summary>Prints each test as it ends and writes the results as Visual Studio's test results file, as `dotnet test` does.</summary>
internal sealed class TrxReport : ITestListener
{
    private static readonly XNamespace _schema = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";

    private readonly List<ITestResult> _results = [];
    private bool _fixtureFailed;

    public int Passed => _results.Count(result => result.ResultState.Status == TestStatus.Passed);

    public int Failed => _results.Count(result => result.ResultState.Status == TestStatus.Failed) + (_fixtureFailed ? 1 : 0);

    public int Skipped => _results.Count - _results.Count(result => result.ResultState.Status is TestStatus.Passed or TestStatus.Failed);

    public void TestStarted(ITest test)
    {
    }

    public void TestFinished(ITestResult result)
    {
        if (result.Test.IsSuite)
        {
            // What failed in a fixture's own set-up or end, and so in none of its tests.
            if (result.ResultState is not { Status: TestStatus.Failed, Site: FailureSite.SetUp or FailureSite.TearDown }) return;
            _fixtureFailed |= result.ResultState.Site == FailureSite.TearDown;
        }
        else
        {
            _results.Add(result);
        }

        Console.WriteLine($"{result.ResultState.Status,-7} {result.Duration,6:0.0} s  {result.Test.FullName}");
        if (result.ResultState.Status == TestStatus.Failed) Console.WriteLine($"{result.Message}\n{result.StackTrace}\n{result.Output}");
    }

    /// <summary>What a test tells while it runs (TestContext.Progress).</summary>
    public void TestOutput(TestOutput output) => Console.Write(output.Text);

    public void SendMessage(TestMessage message)
    {
    }

    public void Save(string path)
    {
        var counters = new XElement(
            _schema + "Counters",
            Numbered("total", _results.Count), Numbered("executed", Passed + Failed),
            Numbered("passed", Passed), Numbered("failed", Failed),
            Numbered("error", 0), Numbered("timeout", 0), Numbered("aborted", 0));
        new XDocument(new XElement(
            _schema + "TestRun",
            new XAttribute("name", "LabTests"),
            new XElement(_schema + "Results", _results.Select(Result)),
            new XElement(_schema + "ResultSummary", new XAttribute("outcome", Failed > 0 ? "Failed" : "Completed"), counters))).Save(path);
    }

    private static XElement Result(ITestResult result)
    {
        var element = new XElement(
            _schema + "UnitTestResult",
            new XAttribute("testName", result.Test.FullName),
            new XAttribute("duration", TimeSpan.FromSeconds(result.Duration).ToString("c", CultureInfo.InvariantCulture)),
            new XAttribute("outcome", result.ResultState.Status));
        if (!string.IsNullOrEmpty(result.Message))
        {
            var error = new XElement(
                _schema + "ErrorInfo",
                new XElement(_schema + "Message", result.Message), new XElement(_schema + "StackTrace", result.StackTrace));
            element.Add(new XElement(_schema + "Output", error));
        }

        return element;
    }

    private static XAttribute Numbered(string name, int value) => new(name, value);
}
