using System.Globalization;
using QmpRedirector.SystemTests.Interop;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.Benchmarks.Measuring;

/// <summary>One of the C programs, running: it says "ready", and at its end, or asked, a line of name=number words.</summary>
internal sealed class NativeProcess : IAsyncDisposable
{
    private static readonly TimeSpan _longest = TimeSpan.FromMinutes(1);

    private readonly CapturedProcess _process;
    private readonly string _program;
    private readonly CancellationToken _cancellation;

    private NativeProcess(CapturedProcess process, string program, CancellationToken cancellation)
    {
        _process = process;
        _program = program;
        _cancellation = cancellation;
    }

    public int Id => _process.Id;

    public static NativeProcess Start(World world, int cpu, string program, params string[] arguments)
    {
        world.Cancellation.ThrowIfCancellationRequested();
        var command = world.Lab.Namespace.CommandLine([.. Cpus.Pin(cpu), world.Programs.PathOf(program), .. arguments]);
        return new NativeProcess(CapturedProcess.Start(command), program, world.Cancellation);
    }

    /// <summary>Starts it and waits until it is ready.</summary>
    public static async Task<NativeProcess> StartAsync(World world, int cpu, string program, params string[] arguments)
    {
        var started = Start(world, cpu, program, arguments);
        await Eventually.ThatAsync(
            () => started._process.HasExited || started._process.Output.StartsWith("ready", StringComparison.Ordinal),
            $"{program} is ready");
        return started;
    }

    public void Signal(int signal) => _process.Signal(signal);

    /// <summary>SIGUSR1, and what is printed then.</summary>
    public async Task<IReadOnlyDictionary<string, long>> AskAsync()
    {
        var lines = Lines().Length;
        Signal(Linux.SigUsr1);
        await Eventually.ThatAsync(() => _process.HasExited || Lines().Length > lines, $"{_program} answers");
        return LastNumbers();
    }

    public Task<IReadOnlyDictionary<string, long>> StopAsync()
    {
        Signal(Linux.SigTerm);
        return WaitForNumbersAsync();
    }

    /// <summary>Waits for its end and returns what it printed.</summary>
    public async Task<IReadOnlyDictionary<string, long>> WaitForNumbersAsync()
    {
        var exitCode = await _process.WaitForExitAsync(_longest).WaitAsync(_cancellation);
        Assert.That(exitCode, Is.Zero, $"{_program}: {_process.Error}");
        return LastNumbers();
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    // Whole ones.
    private string[] Lines() => _process.Output.Split('\n')[..^1];

    private Dictionary<string, long> LastNumbers() =>
        Lines()[^1].Split(' ').Select(static word => word.Split('='))
            .ToDictionary(static pair => pair[0], static pair => long.Parse(pair[1], CultureInfo.InvariantCulture));
}
