using System.Diagnostics;
using System.Text;
using QmpRedirector.SystemTests.Interop;

namespace QmpRedirector.SystemTests.Kit;

/// <summary>A child process whose output is kept, and which never outlives the test.</summary>
internal sealed class CapturedProcess : IAsyncDisposable
{
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

    /// <summary>Returns the exit code once the process has ended and all it wrote has been read.</summary>
    public async Task<int> WaitForExitAsync(TimeSpan within)
    {
        using var deadline = new CancellationTokenSource(within);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"It did not end within {within.TotalSeconds} s. It wrote: {Output}{Error}The command: {_command}");
        }

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
