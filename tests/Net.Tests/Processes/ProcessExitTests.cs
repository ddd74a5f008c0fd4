using System.Diagnostics;
using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net.Tests.Processes;

[TestFixture]
[Parallelizable(ParallelScope.All)]
internal sealed class ProcessExitTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    [Test]
    public async Task The_end_of_a_process_is_told_and_not_before_it()
    {
        using var process = Process.Start(new ProcessStartInfo("sleep", "60"))!;
        var exit = ProcessExit.WaitAsync(process.Id, default);
        Assert.That(exit.IsCompleted, Is.False);
        process.Kill();
        await exit.WaitAsync(_patience);
    }

    [Test]
    public async Task A_process_that_is_gone_already_has_ended()
    {
        using var process = Process.Start(new ProcessStartInfo("true"))!;
        await process.WaitForExitAsync().WaitAsync(_patience);
        await ProcessExit.WaitAsync(process.Id, default).WaitAsync(_patience);
    }

    // EINVAL stands for every errno that does not say whether the process lives: EPERM of a seccomp filter, EMFILE, ENOSYS.
    [Test]
    public void What_cannot_be_watched_is_not_said_to_have_ended() =>
        Assert.That(async () => await ProcessExit.WaitAsync(-1, default), Throws.TypeOf<LinuxException>());
}
