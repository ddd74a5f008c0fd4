using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.RunStates;

/// <summary>The small Linux guest of scripts/guest, built or found in its cache once per run.</summary>
internal sealed record GuestImage(string Kernel, string Initrd)
{
    /// <summary>The first build downloads a kernel; every later one takes milliseconds.</summary>
    private static readonly TimeSpan BuildDeadline = TimeSpan.FromMinutes(5);

    private static readonly Lazy<Task<GuestImage>> Built = new(BuildAsync);

    public static Task<GuestImage> GetAsync() => Built.Value;

    /// <summary>
    /// Boots it, with its console at <paramref name="console"/>. The odd memory size: QEMU before 9.0 loses dirty pages in a TCG migration
    /// unless it is no multiple of 256 KiB (upstream 03bfc2188f06).
    /// </summary>
    public string[] Arguments(string console) =>
    [
        "-m", "131080k", "-kernel", Kernel, "-initrd", Initrd, "-serial", $"unix:{console},server=on,wait=off",
        "-append", "console=ttyS0 panic=-1 loglevel=3 mitigations=off gip=10.9.0.2/24",
    ];

    private static async Task<GuestImage> BuildAsync()
    {
        await using var build = CapturedProcess.Start([Path.Combine(Scripts, "build-guest.sh")]);
        Assert.That(await build.WaitForExitAsync(BuildDeadline), Is.Zero, $"build-guest.sh: {build.Error}");
        return new GuestImage(ValueOf("KERNEL"), ValueOf("INITRD"));

        string ValueOf(string name) => build.Output.Split('\n').Select(line => line.Split('=', 2)).Single(pair => pair[0] == name)[1];
    }

    private static string Scripts
    {
        get
        {
            for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                if (Path.Combine(folder.FullName, "scripts", "guest") is var scripts && Directory.Exists(scripts)) return scripts;
            }

            throw new DirectoryNotFoundException("No scripts/guest above the tests.");
        }
    }
}
