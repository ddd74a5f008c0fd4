using System.Globalization;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.Install;

/// <summary>That all these tests run the sidecar under the unit's system call filter, and that the filter kills.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
internal sealed class UnitFilterTests
{
    /// <summary>128 + SIGSYS.</summary>
    private const int Killed = 159;

    [Test]
    public async Task The_sidecar_under_test_has_one_filter_more_than_the_test()
    {
        if (!Sidecar.IsNativeBuild) Assert.Ignore("QMP_REDIRECTOR_BINARY names another build, which the unit's filter is not for.");
        await using var capture = await Capture.StartAsync();

        Assert.That(StatusOf($"{capture.Sidecar.Id}", "Seccomp_filters"), Is.EqualTo(StatusOf("self", "Seccomp_filters") + 1));
        Assert.That(StatusOf($"{capture.Sidecar.Id}", "NoNewPrivs"), Is.EqualTo(1));
    }

    [TestCase("socket.socket(socket.AF_PACKET, socket.SOCK_RAW)", 0)]
    [TestCase("socket.socket(socket.AF_VSOCK)", Killed)]
    [TestCase("mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE)", 0)]
    [TestCase("mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC)", Killed)]
    [TestCase("os.getpid()", 0)]
    [TestCase("os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))", Killed)]
    public async Task What_the_unit_denies_kills(string call, int exitCode)
    {
        // The kernel may not have the address family.
        var program = $"import contextlib, mmap, os, socket\nwith contextlib.suppress(OSError): {call}";
        string[] python = ["/usr/bin/python3", "-I", "-S", "-c", program];
        await using var free = CapturedProcess.Start(python);
        await using var filtered = CapturedProcess.Start([UnitFilter.Program, .. python]);

        Assert.That(await free.WaitForExitAsync(Eventually.Deadline), Is.Zero, free.Error);
        Assert.That(await filtered.WaitForExitAsync(Eventually.Deadline), Is.EqualTo(exitCode), filtered.Error);
    }

    private static int StatusOf(string process, string key) => int.Parse(
        File.ReadLines($"/proc/{process}/status").Single(line => line.StartsWith($"{key}:", StringComparison.Ordinal)).Split('\t')[1],
        CultureInfo.InvariantCulture);
}
