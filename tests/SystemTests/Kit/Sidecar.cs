using System.Net.Sockets;
using System.Text;
using QmpRedirector.SystemTests.Interop;

namespace QmpRedirector.SystemTests.Kit;

/// <summary>The binary under test, started inside a namespace and awaited as systemd would: READY=1 on NOTIFY_SOCKET.</summary>
internal sealed class Sidecar : IAsyncDisposable
{
    /// <summary>
    /// The promise that SIGTERM is obeyed within a second, held against it where nothing else competes for the two cores.
    /// </summary>
    public static readonly TimeSpan ExitDeadline = TimeSpan.FromSeconds(1);

    private readonly CapturedProcess _process;
    private readonly Socket _notify;
    private Task<string>? _notification;
    private bool _toldToEnd;
    private bool _disposed;

    private Sidecar(CapturedProcess process, Socket notify)
    {
        _process = process;
        _notify = notify;
    }

    public static string Binary => OtherBuild ?? Path.Combine(RepositoryRoot, "out", "qmp-redirector");

    /// <summary>It is what scripts/build.sh makes.</summary>
    public static bool IsNativeBuild => OtherBuild is null;

    /// <summary>The binary as all tests start it.</summary>
    public static string[] Command => [.. UnitFilter.Launcher, Binary];

    /// <summary>Its control socket, by which it is told to end if it is known.</summary>
    public string? Control { get; set; }

    public int Id => _process.Id;

    public string Error => _process.Error;

    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public string Output => _process.Output;

    public bool HasExited => _process.HasExited;

    public bool EndedUnasked => !_toldToEnd && HasExited;

    public static string RepositoryRoot
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "QmpRedirector.sln"))) folder = folder.Parent;
            return folder?.FullName ?? throw new DirectoryNotFoundException("No QmpRedirector.sln above the tests.");
        }
    }

    private static string? OtherBuild => Environment.GetEnvironmentVariable("QMP_REDIRECTOR_BINARY");

    /// <param name="wrapper">A command that execs the binary with fewer rights, for example setpriv.</param>
    public static Sidecar Start(NetworkNamespace ns, string notifyPath, IEnumerable<string> arguments, params string[] wrapper)
    {
        Assert.That(Binary, Does.Exist, "build the sidecar first (scripts/build.sh), or name it in QMP_REDIRECTOR_BINARY");
        var notify = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        notify.Bind(new UnixDomainSocketEndPoint(notifyPath));
        // The wrapper may make it another user.
        File.SetUnixFileMode(notifyPath, (UnixFileMode)0b110_110_110);
        var environment = new Dictionary<string, string> { ["NOTIFY_SOCKET"] = notifyPath };
        return new Sidecar(CapturedProcess.Start(ns.CommandLine([.. wrapper, .. Command, .. arguments]), environment), notify);
    }

    /// <summary>Whether READY=1 has come, without waiting for it.</summary>
    public bool IsReady
    {
        get
        {
            _notification ??= ReceiveReadyAsync();
            return _notification.IsCompletedSuccessfully;
        }
    }

    public async Task ReadyAsync()
    {
        await Eventually.ThatAsync(() => IsReady || HasExited, $"the sidecar says READY=1; it wrote: {Error}");
        Assert.That(IsReady, Is.True, $"The sidecar ended before READY=1: {Error}");
    }

    /// <summary>SIGSTOP: it runs no further until <see cref="Thaw"/>.</summary>
    public void Freeze() => _process.Signal(Linux.SigStop);

    /// <summary>SIGCONT.</summary>
    public void Thaw() => _process.Signal(Linux.SigCont);

    /// <summary>SIGTERM; the exit code once it has ended.</summary>
    public async Task<int> TerminateAsync(TimeSpan? within = null)
    {
        _toldToEnd = true;
        _process.Signal(Linux.SigTerm);
        return await WaitForExitAsync(within);
    }

    public Task<int> WaitForExitAsync(TimeSpan? within = null) => _process.WaitForExitAsync(within ?? Eventually.Deadline);

    /// <summary>Ends it cleanly and returns what each redirector reports.</summary>
    public async Task<IReadOnlyDictionary<string, RedirectorReport>> StopAsync(TimeSpan? within = null)
    {
        var exitCode = await (Control is null ? TerminateAsync(within) : QuitAsync(Control));
        Assert.That(exitCode, Is.Zero, $"exit code when told to end; it wrote: {Error}");
        return Reports();
    }

    public IReadOnlyDictionary<string, RedirectorReport> Reports()
    {
        var reports = RedirectorReport.ParseAll(Error);
        Assert.That(reports, Is.Not.Empty, $"no closing report in: {Error}");
        return reports;
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        _toldToEnd = true;
        await _process.DisposeAsync();
        _notify.Dispose();
        if (Error.Length > 0) await TestContext.Out.WriteLineAsync($"The sidecar wrote: {Error}");
    }

    private async Task<int> QuitAsync(string control)
    {
        _toldToEnd = true;
        using var qmp = await QmpProbe.ConnectAsync(control);
        await qmp.ExecuteAsync("quit");
        return await WaitForExitAsync();
    }

    private async Task<string> ReceiveReadyAsync()
    {
        var buffer = new byte[4096];
        while (true)
        {
            var count = await _notify.ReceiveAsync(buffer);
            var text = Encoding.UTF8.GetString(buffer, 0, count);
            if (text.Split('\n').Contains("READY=1")) return text;
        }
    }
}
