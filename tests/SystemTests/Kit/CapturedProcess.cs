using System.Diagnostics;
using System.Globalization;
using System.Text;
using QmpRedirector.SystemTests.Interop;

namespace QmpRedirector.SystemTests.Kit;

/// <summary>A child process whose output is kept, and which never outlives the test.</summary>
internal sealed class CapturedProcess : IAsyncDisposable
{
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(10);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly string _command;
    private bool _disposed;

    private CapturedProcess(ProcessStartInfo start)
    {
        _command = string.Join(' ', start.ArgumentList.Prepend(start.FileName));
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(_error, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Output => Read(_output);

    public string Error => Read(_error);

    public static CapturedProcess Start(IEnumerable<string> command, IReadOnlyDictionary<string, string>? environment = null)
    {
        var words = command.ToArray();
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return new CapturedProcess(start);
    }

    /// <summary>Runs a command to its end and returns what it printed; anything but exit code 0 fails the test.</summary>
    public static async Task<string> RunAsync(params string[] command)
    {
        await using var process = Start(command);
        var exitCode = await process.WaitForExitAsync(Eventually.Deadline);
        Assert.That(exitCode, Is.Zero, $"{process._command}: {process.Error}");
        return process.Output;
    }

    public void Signal(int signal) => LibC.Check(LibC.Kill(Id, signal), $"kill {_command}");

    /// <summary>
    /// Returns the exit code once the process has ended and all it wrote has been read. The time in which it was ready to run and others
    /// had the processors is not counted: a promise of the program is not broken by a busy machine.
    /// </summary>
    public async Task<int> WaitForExitAsync(TimeSpan within)
    {
        // On a thread of its own: those of the pool may be busy with the test's traffic, and would notice late.
        var ended = await Task.Factory.StartNew(
            () => EndsWithin(within), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        if (!ended)
        {
            Assert.Fail(
                $"It did not end within {within.TotalSeconds} s, not counting what it waited for a processor. It wrote: {Output}{Error}"
                + $"The command: {_command}");
        }

        await _process.WaitForExitAsync().WaitAsync(Eventually.Deadline);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        if (!_process.HasExited)
        {
            _process.Kill();
            await WaitForExitAsync(Eventually.Deadline);
        }

        _process.Dispose();
    }

    private bool EndsWithin(TimeSpan within)
    {
        var started = TimeProvider.System.GetTimestamp();
        var before = WaitedForProcessor();
        var waited = TimeSpan.Zero;
        while (!_process.WaitForExit(_look))
        {
            // Threads that have ended no longer tell what they waited.
            waited = TimeSpan.FromTicks(Math.Max(waited.Ticks, (WaitedForProcessor() - before).Ticks));
            var elapsed = TimeProvider.System.GetElapsedTime(started);
            if (elapsed - waited > within || elapsed > within + Eventually.Deadline) return false;
        }

        return true;
    }

    /// <summary>What its threads have waited on a run queue (the kernel's Documentation/scheduler/sched-stats.rst, in ns).</summary>
    private TimeSpan WaitedForProcessor()
    {
        try
        {
            return TimeSpan.FromMicroseconds(Directory.GetDirectories($"/proc/{Id}/task")
                .Sum(thread => long.Parse(File.ReadAllText($"{thread}/schedstat").Split(' ')[1], CultureInfo.InvariantCulture)) / 1000);
        }
        catch (IOException)
        {
            // It, or one of its threads, has just ended.
            return TimeSpan.Zero;
        }
    }

    private static void Keep(StringBuilder text, string? line)
    {
        if (line is null) return;
        lock (text) text.Append(line).Append('\n');
    }

    private static string Read(StringBuilder text)
    {
        lock (text) return text.ToString();
    }
}
