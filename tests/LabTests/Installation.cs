using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.LabTests;

/// <summary>What scripts/install.sh puts on a machine, here into the lab's memory: program, hook, profile, folders.</summary>
internal static class Installation
{
    public const string Program = "/usr/local/bin/qmp-redirector";

    /// <summary>Where QEMUs make the monitors sidecars follow them by.</summary>
    public const string Monitors = "/run/qmp-redirector/qemu";

    private static readonly Lazy<Task> _made = new(InstallAsync);

    /// <summary>Once for all tests.</summary>
    public static Task MakeAsync() => _made.Value;

    /// <summary>A folder that is the VM's user's, as the unit's RuntimeDirectory= and StateDirectory= are.</summary>
    public static async Task<string> MakeFolderAsync(string path)
    {
        Directory.CreateDirectory(path);
        await CapturedProcess.RunAsync("chown", "libvirt-qemu:", path);
        return path;
    }

    private static async Task InstallAsync()
    {
        Assert.That(Eventually.InLab, "it would stay on a real machine: scripts/test.sh LabTests");
        await CapturedProcess.RunAsync(Path.Combine(Sidecar.RepositoryRoot, "scripts", "install.sh"));
    }
}
