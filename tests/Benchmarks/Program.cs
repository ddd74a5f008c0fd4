using System.Runtime.InteropServices;
using QmpRedirector.Benchmarks;
using QmpRedirector.Benchmarks.Measuring;
using QmpRedirector.Benchmarks.Reporting;
using QmpRedirector.SystemTests.Kit;

const string usage = "usage: QmpRedirector.Benchmarks [--quick | --smoke] [--output FILE]   (see scripts/bench.sh --help)";

var settings = Settings.Full;
string? output = null;
for (var i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--quick": settings = Settings.Quick; break;
        case "--smoke": settings = Settings.Smoke; break;
        case "--output" when i + 1 < args.Length: output = args[++i]; break;
        default: return Fail(2, usage);
    }
}

if (Environment.ProcessorCount < 2) return Fail(1, "needs two CPUs: one for the engine, one for the generator and the reader");
if (!Environment.IsPrivilegedProcess) return Fail(1, "needs root: network namespaces, TAPs and packet sockets");

// Waits end at once and everything that was started is taken down, where the signal's default would leave it.
using var cancellation = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Interrupt);
try
{
    await NetworkNamespace.RemoveLeftoversAsync();
    var machine = await Machine.DescribeAsync();
    Results results;
    await using (var world = await World.CreateAsync(settings, cancellation.Token)) results = await Results.MeasureAsync(world);
    var document = Document.Write(machine, settings, results);
    Console.Write(document);
    if (output is not null) await File.WriteAllTextAsync(output, document);
    return 0;
}
catch (Exception) when (cancellation.IsCancellationRequested)
{
    // Ctrl-C ends the programs as well, so that anything may have failed first.
    return Fail(130, "interrupted; everything that was started has ended");
}
catch (Exception e) when (e is AssertionException or IOException)
{
    return Fail(1, e.Message);
}

void Interrupt(PosixSignalContext context)
{
    context.Cancel = true;
    cancellation.Cancel();
}

static int Fail(int status, string sentence)
{
    Console.Error.WriteLine($"bench: {sentence}");
    return status;
}
