using System.Diagnostics;
using QmpRedirector.Qmp;
using QmpRedirector.Testing;

namespace QmpRedirector.Tests.Vm;

/// <summary>A real QEMU that needs no rights: a PC under TCG, paused at its start, with two QMP monitors and no disk.</summary>
internal sealed class LiveQemu : IAsyncDisposable
{
    private const string Binary = "qemu-system-x86_64";

    private readonly string _directory;
    private readonly Process _process;

    private LiveQemu(string directory, Process process)
    {
        _directory = directory;
        _process = process;
    }

    public int Pid => _process.Id;

    public QmpAddress Address => Parse(Path.Combine(_directory, "a.sock"));

    /// <summary>The monitor of the test itself.</summary>
    public QmpAddress Other => Parse(Path.Combine(_directory, "b.sock"));

    /// <summary>Starts it, or ends the test as ignored where QEMU is not installed.</summary>
    public static LiveQemu Start(params string[] arguments)
    {
        var directory = Directory.CreateTempSubdirectory("qemu-").FullName;
        var info = new ProcessStartInfo(Binary) { RedirectStandardError = true };
        foreach (var argument in (string[])[
            "-M", "pc", "-accel", "tcg", "-m", "32", "-nodefaults", "-no-user-config", "-display", "none", "-S",
            "-qmp", $"unix:{directory}/a.sock,server=on,wait=off", "-qmp", $"unix:{directory}/b.sock,server=on,wait=off", .. arguments])
            info.ArgumentList.Add(argument);
        try
        {
            return new LiveQemu(directory, Process.Start(info)!);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Directory.Delete(directory, recursive: true);
            Assert.Fail($"{Binary} is not installed: scripts/test.sh installs it.");
            throw;
        }
    }

    /// <summary>A negotiated client of <see cref="Other"/>, once QEMU listens.</summary>
    public async Task<QmpClient> ConnectAsync()
    {
        using var limit = new CancellationTokenSource(Bounded.Limit);
        return await new QmpConnector(new QmpClientOptions { Address = Other }).ConnectAsync(null, limit.Token);
    }

    public Task ExitAsync(CancellationToken ct = default) => _process.WaitForExitAsync(ct);

    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await Bounded.WaitAsync(_process.WaitForExitAsync(), "QEMU to end");
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static QmpAddress Parse(string path) =>
        QmpAddress.TryParse($"unix:{path}", out var address, out var error) ? address : throw new InvalidOperationException(error);
}
