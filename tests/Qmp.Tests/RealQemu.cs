using System.Diagnostics;
using QmpRedirector.Testing;

namespace QmpRedirector.Qmp.Tests;

/// <summary>A QEMU process without machine, whose only use is its QMP socket.</summary>
internal sealed class RealQemu : IAsyncDisposable
{
    private readonly Process _process;
    private readonly TempDirectory _directory;

    private RealQemu(Process process, TempDirectory directory, QmpAddress address)
    {
        _process = process;
        _directory = directory;
        Address = address;
    }

    public QmpAddress Address { get; }

    public static RealQemu Start()
    {
        var binary = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/libexec")
            .SelectMany(d => new[] { Path.Combine(d, "qemu-system-x86_64"), Path.Combine(d, "qemu-kvm") })
            .FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException("qemu-system-x86_64 is not in PATH: install QEMU (Debian: qemu-system-x86).");
        var directory = new TempDirectory();
        var address = Clients.Parse(directory.File("qmp.sock"));
        var process = Process.Start(binary, [
            "-M", "none", "-nodefaults", "-display", "none", "-S", "-qmp", $"{address},server=on,wait=off",
        ]);
        return new RealQemu(process, directory, address);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await Bounded.WaitAsync(_process.WaitForExitAsync(), "QEMU to end");
        _process.Dispose();
        _directory.Dispose();
    }
}
