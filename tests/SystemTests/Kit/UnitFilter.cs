namespace QmpRedirector.SystemTests.Kit;

/// <summary>
/// The unit's system call filter around the binary under test, where a call it denies kills: what passes the tests passes in the unit.
/// </summary>
internal static class UnitFilter
{
    /// <summary>The program that execs its arguments under the filter. Whoever runs the binary may use it.</summary>
    public static readonly string Program = Path.Combine(AppContext.BaseDirectory, "filtered");

    private static volatile bool _isMade;

    /// <summary>
    /// What to put before the binary. Nothing for another build (a Debug build makes code at run time, which the unit forbids), and nothing
    /// in suites that have not called <see cref="CompileAsync"/>: in the lab a compiler takes long.
    /// </summary>
    public static string[] Launcher => _isMade && Sidecar.IsNativeBuild ? [Program] : [];

    /// <summary>Makes <see cref="Program"/> from the unit's file.</summary>
    public static async Task CompileAsync()
    {
        var sources = Path.Combine(Sidecar.RepositoryRoot, "tests", "SystemTests", "Install");
        var unit = Path.Combine(Sidecar.RepositoryRoot, "scripts", "install", "systemd", "qmp-redirector@.service");
        // Another run of the tests may be using the program.
        var folder = Directory.CreateDirectory($"{Program}-{Environment.ProcessId}");
        try
        {
            var filter = await CapturedProcess.RunAsync(Path.Combine(sources, "filter-of-unit"), unit);
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "filter.inc"), filter);
            var made = Path.Combine(folder.FullName, "filtered");
            // Static: it costs each start half a millisecond.
            await CapturedProcess.RunAsync(
                "gcc", "-std=gnu17", "-Wall", "-Wextra", "-Werror", "-O2", "-static", "-I", folder.FullName, "-o", made,
                Path.Combine(sources, "filtered.c"));
            File.Move(made, Program, overwrite: true);
            _isMade = true;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
